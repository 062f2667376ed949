/**
 * @file `npm run simulate`: what each way of restoring would take, on kinds of devices that are not here.
 *
 * Predictions of `src/restore`, for every model, length, codec and kind of device, warm and cold, into
 * `reports/simulation.json`; the longest of each and the codecs side by side as tables. The report says of
 * every number where it comes from: measured or assumed. It shows where schemes differ, no device's time.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { CHUNK_TOKENS, layerGroups } from "../src/kv/cache/chunk-layout.ts";
import {
  fitTransfer,
  type DeviceProfile,
  type TransferCost,
} from "../src/restore/device-profile.ts";
import { planRestoration } from "../src/restore/plan-restoration.ts";
import type { RestorationScheme } from "../src/protocol/restoration.ts";
import { SCHEMES } from "../src/restore/schemes.ts";
import type { SavedSequence } from "../src/restore/staircase.ts";
import { today } from "./bench/report.ts";

interface Model {
  name: string;
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocab: number;
  contextTokens: number;
  bytesPerWeight: number;
}

/** Shapes as in the models' configurations; four bits and a scale of two bytes per 32 weights, or f16. */
const Q4 = 0.5625;
const MODELS: readonly Model[] = [
  model("Pip", [12, 192, 448, 6, 2, 32, 2048, 2048], 2),
  model("Qwen3-0.6B", [28, 1024, 3072, 16, 8, 128, 151_936, 40_960], Q4),
  model("Llama-3.2-1B", [16, 2048, 8192, 32, 8, 64, 128_256, 131_072], Q4),
  model("Qwen2.5-0.5B", [24, 896, 4864, 14, 2, 64, 151_936, 32_768], Q4),
  model("SmolLM2-360M", [32, 960, 2560, 15, 5, 64, 49_152, 8192], Q4),
];

function model(name: string, shape: readonly number[], bytesPerWeight: number): Model {
  const [layers = 0, hidden = 0, ffn = 0, heads = 0, kvHeads = 0, headDim = 0] = shape;
  const [vocab = 0, contextTokens = 0] = shape.slice(6);
  return {
    name,
    layers,
    hidden,
    ffn,
    heads,
    kvHeads,
    headDim,
    vocab,
    contextTokens,
    bytesPerWeight,
  };
}

interface Device {
  name: string;
  /** In a prefill of a model with wide layers, and of one as narrow as Pip. */
  wideGflops: number;
  narrowGflops: number;
  stepMs: number;
  /** Upload of f16 rows; decoding of int4, by the f16 bytes that come out. */
  uploadMBs: number;
  decodeMBs: number;
  source: string;
}

const DEVICES: readonly Device[] = [
  {
    name: "SwiftShader",
    wideGflops: 2.8,
    narrowGflops: 2.8,
    stepMs: 0.65,
    uploadMBs: 2000,
    decodeMBs: 86,
    source:
      "measured here: Pip's prefill of 2,000 tokens in 12.6 s is 2.8 GFLOP/s, as are the widest matrix products (limits.md); submit and wait 0.65 ms; writeBuffer 2-5 GB/s; decoding int4 86 MB/s (reports/quantize-rows.json)",
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

interface Disk {
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

const DISKS: readonly Disk[] = [
  {
    name: "fast disk",
    read: fitTransfer(FAST_READS),
    weightsMBs: 200,
    source:
      "measured here: IndexedDB after a restart of the browser with the page cache dropped, 64 KiB to 16 MiB a value; Cache Storage 185-220 MB/s (limits.md)",
  },
  {
    name: "slow disk",
    read: { fixedMs: 3, bytesPerMs: 40_000 },
    weightsMBs: 40,
    source: "assumed: a phone's slow flash or a busy disk, 40 MB/s and 3 ms a value",
  },
];

/** `decodeShare`: of the time of recomputing a token; others decode at the device's rate. */
const CODECS = [
  { name: "f16", ratio: 1, source: "measured: as it is in the cache" },
  { name: "int4", ratio: 3.46, source: "measured: reports/compression.json" },
  {
    name: "tenth",
    ratio: 10,
    decodeShare: 0.05,
    source: "planned: the transform codec, decoding about 5 % of recomputing (compression.md)",
  },
] as const;

type Codec = (typeof CODECS)[number];

const LENGTHS = [1024, 2048, 4096, 8192, 16_384, 32_768];
const NARROW_HIDDEN = 256;

const matrixWeights = ({ hidden, ffn, heads, kvHeads, headDim }: Model): number =>
  hidden * headDim * (2 * heads + 2 * kvHeads) + 3 * hidden * ffn;

/** A token's K and V in one layer, f16. */
const rowBytes = ({ kvHeads, headDim }: Model): number => 4 * kvHeads * headDim;

/** Operations over rate: two per weight, four per channel of all heads and position before. */
function profileOf(device: Device, disk: Disk, of: Model): DeviceProfile {
  const gflops = of.hidden <= NARROW_HIDDEN ? device.narrowGflops : device.wideGflops;
  const tokenLayerMs = (2 * matrixWeights(of)) / (gflops * 1e6);
  const tokenLayerKiloMs = (4 * of.heads * of.headDim * 1000) / (gflops * 1e6);
  const decode = CODECS.map((codec): [string, TransferCost] => {
    const rowMs =
      "decodeShare" in codec
        ? codec.decodeShare * tokenLayerMs
        : codec.name === "f16"
          ? 0
          : rowBytes(of) / (device.decodeMBs * 1000);
    const storedBytes = rowBytes(of) / codec.ratio;
    const uploadMs = storedBytes / (device.uploadMBs * 1000);
    return [codec.name, { fixedMs: 0, bytesPerMs: storedBytes / (rowMs + uploadMs) }];
  });
  return {
    read: disk.read,
    decode: Object.fromEntries(decode),
    prefill: { tokenLayerMs, tokenLayerKiloMs, stepMs: device.stepMs },
    weights: { fixedMs: 0, bytesPerMs: disk.weightsMBs * 1000 },
  };
}

function savedOf(of: Model, tokens: number, codec: Codec, isCold: boolean): SavedSequence {
  const groups = layerGroups(of);
  const values = groups.map((layers) => {
    const f16Bytes = (layers.end - layers.start) * CHUNK_TOKENS * rowBytes(of);
    return { layers, bytes: Math.ceil(f16Bytes / codec.ratio), codec: codec.name };
  });
  const starts = Array.from({ length: tokens / CHUNK_TOKENS }, (_, i) => i * CHUNK_TOKENS);
  const embeddingBytes = of.vocab * of.hidden * of.bytesPerWeight;
  return {
    tokens,
    residentTokens: 0,
    layerGroups: groups,
    chunks: starts.map((start) => ({ start, tokens: CHUNK_TOKENS, values })),
    weightBytes: Array.from(
      { length: isCold ? of.layers : 0 },
      (_, layer) => matrixWeights(of) * of.bytesPerWeight + (layer === 0 ? embeddingBytes : 0),
    ),
  };
}

interface Row {
  device: string;
  disk: string;
  model: string;
  tokens: number;
  codec: string;
  start: "warm" | "cold";
  makespanMs: Record<RestorationScheme, number>;
  bubbleRatio: number;
  /** Of `auto`: bytes of KV, and the share of all rows that are recomputed. */
  readBytes: number;
  recomputedShare: number;
  /** How many times as long recomputing all, loading all and the best of all other schemes take. */
  overRecompute: number;
  overLoad: number;
  overOthers: number;
}

const NAMES = Object.keys(SCHEMES) as RestorationScheme[];
const rounded = (value: number): number => Number(value.toPrecision(4));

function simulateOne(device: Device, disk: Disk, of: Model, saved: SavedSequence) {
  const profile = profileOf(device, disk, of);
  const plans = NAMES.map((name) => planRestoration(profile, saved, name));
  const times = plans.map(({ scheme, prediction }) => [scheme, prediction.makespanMs]);
  const makespanMs = Object.fromEntries(times) as Record<RestorationScheme, number>;
  const { auto, recompute, load, ...others } = makespanMs;
  const { prediction } = plans.find(({ scheme }) => scheme === "auto") ?? {};
  const { bubbleRatio = 0, readBytes = 0, recomputedRows = 0 } = prediction ?? {};
  const bestOther = Math.min(recompute, load, ...Object.values(others));
  return {
    makespanMs: Object.fromEntries(
      Object.entries(makespanMs).map(([name, ms]) => [name, rounded(ms)]),
    ) as Record<RestorationScheme, number>,
    bubbleRatio: rounded(bubbleRatio),
    readBytes,
    recomputedShare: rounded(recomputedRows / (saved.tokens * of.layers)),
    overRecompute: rounded(recompute / auto),
    overLoad: rounded(load / auto),
    overOthers: rounded(bestOther / auto),
  };
}

function* simulateAll(): Generator<Row> {
  for (const start of ["warm", "cold"] as const)
    for (const device of DEVICES)
      for (const disk of DISKS)
        for (const of of MODELS)
          for (const tokens of LENGTHS.filter((length) => length <= of.contextTokens))
            for (const codec of CODECS) {
              const saved = savedOf(of, tokens, codec, start === "cold");
              const place = { device: device.name, disk: disk.name, model: of.name };
              const what = { tokens, codec: codec.name, start };
              yield { ...place, ...what, ...simulateOne(device, disk, of, saved) };
            }
}

const HEADINGS = ["device", "disk", "model", "tokens", "codec", ...NAMES].concat([
  "MB read",
  "recomputed",
  "bubble",
  "/ recompute",
  "/ load",
  "/ others",
]);

const seconds = (ms: number): string => (ms / 1000).toPrecision(3);

const cellsOf = (row: Row): string[] => [
  row.device,
  row.disk,
  row.model,
  String(row.tokens),
  row.codec,
  ...NAMES.map((name) => seconds(row.makespanMs[name])),
  (row.readBytes / 1e6).toFixed(1),
  `${(row.recomputedShare * 100).toFixed(0)} %`,
  row.bubbleRatio.toFixed(2),
  ...[row.overRecompute, row.overLoad, row.overOthers].map((times) => times.toPrecision(3)),
];

/** Seconds of each scheme; of `auto` what it reads and recomputes, and how many times as long others take. */
function print(title: string, rows: readonly Row[]): void {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const texts = lines.map((line) =>
    line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  "),
  );
  console.log(`\n${title}\n\n${texts.join("\n")}`);
}

const rows = [...simulateAll()];
const longest = new Map(rows.map(({ model: of, tokens }) => [of, tokens]));
const shown = rows.filter(
  ({ model: of, tokens }) => tokens === Math.min(8192, longest.get(of) ?? 0),
);
const fields = "makespans in seconds; then auto's, and how many times as long others take";
for (const start of ["warm", "cold"] as const)
  print(
    `${start} resume, 8,192 tokens (Pip 2,048): ${fields}`,
    shown.filter((row) => row.start === start),
  );
const sources = {
  devices: Object.fromEntries(DEVICES.map(({ name, source }) => [name, source])),
  disks: Object.fromEntries(DISKS.map(({ name, source }) => [name, source])),
  codecs: Object.fromEntries(CODECS.map(({ name, source }) => [name, source])),
  models: "shapes of the models' configurations; operations counted from them",
};
await mkdir("reports", { recursive: true });
await writeFile(
  "reports/simulation.json",
  `${JSON.stringify({ date: today(), sources, devices: DEVICES, disks: DISKS, rows }, null, 1)}\n`,
);
console.log(`\n${rows.length} rows in reports/simulation.json, with where each number comes from`);
