import { fitTransfer, type TransferCost } from "../../src/restore/device-profile.ts";

/** What a kind of GPU does in a second. */
export interface Device {
  name: string;
  /** Rate of a prefill of a model with wide layers. */
  wideGflops: number;
  /** Rate of a prefill of a model as narrow as Pip. */
  narrowGflops: number;
  stepMs: number;
  /** Rate at which f16 rows are uploaded. */
  uploadMBs: number;
  /** Rate at which int4 is decoded, in f16 bytes that come out. */
  decodeMBs: number;
  /** Where these numbers come from: measured, and how, or assumed. */
  source: string;
}

export const DEVICES: readonly Device[] = [
  {
    name: "SwiftShader",
    wideGflops: 2.8,
    narrowGflops: 2.8,
    stepMs: 0.65,
    uploadMBs: 2000,
    decodeMBs: 86,
    source:
      "measured here: Pip's prefill of 2,000 tokens in 12.6 s is 2.8 GFLOP/s, as are the widest matrix products; submit and wait 0.65 ms; writeBuffer 2-5 GB/s; decoding int4 86 MB/s (reports/quantize-rows.json)",
  },
  {
    name: "phone",
    wideGflops: 150,
    narrowGflops: 30,
    stepMs: 3,
    uploadMBs: 1000,
    decodeMBs: 800,
    source: "assumed",
  },
  {
    name: "integrated GPU",
    wideGflops: 600,
    narrowGflops: 120,
    stepMs: 1.5,
    uploadMBs: 3000,
    decodeMBs: 2000,
    source: "assumed; decoding as the slowest measured on an NVIDIA H100 over Dawn",
  },
  {
    name: "discrete GPU",
    wideGflops: 5000,
    narrowGflops: 600,
    stepMs: 1,
    uploadMBs: 4000,
    decodeMBs: 10_000,
    source:
      "Pip's prefill, 600 GFLOP/s, and decoding, 2,000-40,000 MB/s, as measured on an NVIDIA H100 over Dawn; the rest assumed",
  },
];

/** What a kind of storage reads in a second. */
export interface Disk {
  name: string;
  read: TransferCost;
  weightsMBs: number;
  source: string;
}

const KIB = 1024;
const samples = (rates: readonly (readonly [kib: number, mbs: number])[]) =>
  rates.map(([kib, mbs]) => ({ bytes: kib * KIB, values: 1, ms: (kib * KIB) / (mbs * 1000) }));

const FAST_READS = samples([
  [64, 39],
  [1024, 201],
  [4096, 224],
  [16_384, 250],
]);

export const DISKS: readonly Disk[] = [
  {
    name: "fast disk",
    read: fitTransfer(FAST_READS),
    weightsMBs: 200,
    source:
      "measured here: IndexedDB after a restart of the browser with the page cache dropped, 64 KiB to 16 MiB a value; Cache Storage 185-220 MB/s",
  },
  {
    name: "slow disk",
    read: { fixedMs: 3, bytesPerMs: 40_000 },
    weightsMBs: 40,
    source: "assumed: a phone's slow flash or a busy disk, 40 MB/s and 3 ms a value",
  },
];

/**
 * Codecs by how many f16 bytes one of their bytes stands for. With a `decodeShare`, decoding a token takes that
 * share of the time that recomputing it takes; the others are decoded at the device's rate.
 */
export const CODECS = [
  { name: "f16", ratio: 1, source: "measured: as it is in the cache" },
  { name: "int4", ratio: 3.46, source: "measured: reports/compression.json" },
  {
    name: "tenth",
    ratio: 10,
    decodeShare: 0.05,
    source: "planned: the transform codec, whose decoding takes about 5 % of recomputing",
  },
] as const;

export type Codec = (typeof CODECS)[number];
