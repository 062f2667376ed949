import { CHUNK_TOKENS, layerGroups } from "../../src/kv/cache/chunk-layout.ts";
import type { RestorationScheme } from "../../src/protocol/restoration.ts";
import type { DeviceProfile, TransferCost } from "../../src/restore/device-profile.ts";
import { planRestoration } from "../../src/restore/plan-restoration.ts";
import { SCHEMES } from "../../src/restore/schemes.ts";
import type { SavedSequence } from "../../src/restore/staircase.ts";
import { CODECS, type Codec, type Device, type Disk } from "./devices.ts";
import { matrixWeights, rowBytes, type Model } from "./models.ts";

/** A model whose hidden size is at most this has narrow layers. */
const NARROW_HIDDEN = 256;

/**
 * What a device, a disk and a model come to. Computing takes the number of operations over the rate: two operations
 * per weight, and four per channel of all heads and position before.
 */
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
    prepare: {},
    prefill: { tokenLayerMs, tokenLayerKiloMs, stepMs: device.stepMs },
    weights: { fixedMs: 0, bytesPerMs: disk.weightsMBs * 1000 },
  };
}

/** A sequence of which everything is stored in one codec. On a cold start the weights are missing too. */
export function savedOf(of: Model, tokens: number, codec: Codec, isCold: boolean): SavedSequence {
  const groups = layerGroups(of);
  const values = groups.map((layers) => {
    const f16Bytes = (layers.end - layers.start) * CHUNK_TOKENS * rowBytes(of);
    return { layers, bytes: Math.ceil(f16Bytes / codec.ratio), family: codec.name };
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

/** One line of the report: a place, and what every scheme is predicted to take there. */
export interface Row {
  device: string;
  disk: string;
  model: string;
  tokens: number;
  codec: string;
  start: "warm" | "cold";
  makespanMs: Record<RestorationScheme, number>;
  bubbleRatio: number;
  /** Bytes of KV that `auto` reads. */
  readBytes: number;
  /** The share of all rows that `auto` recomputes, 0 to 1. */
  recomputedShare: number;
  /** The time of recomputing all rows over that of `auto`. */
  overRecompute: number;
  /** The time of loading all rows over that of `auto`. */
  overLoad: number;
  /** The time of the best other scheme over that of `auto`. */
  overOthers: number;
}

/** The schemes, by name. */
export const NAMES = Object.keys(SCHEMES) as RestorationScheme[];
const rounded = (value: number): number => Number(value.toPrecision(4));

/** What every scheme is predicted to take, and what `auto` does. */
export function simulateOne(device: Device, disk: Disk, of: Model, saved: SavedSequence) {
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
