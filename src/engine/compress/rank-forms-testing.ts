/** @file Devices and models to rank forms for, from counts of operations: no measurement of any device. */

import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import { rowBytes, type KvShape } from "../../kv/cache/kv-cache.ts";
import type { DeviceProfile } from "../../restore/device-profile.ts";
import { bitsWork, NO_WORK } from "./decoding-work.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";
import type { FormEstimate, RankTerms } from "./rank-forms.ts";

/** What a kind of device does in a millisecond. */
export interface RankedDevice {
  name: string;
  /** Multiplications of a prefill. */
  multiplicationsPerMs: number;
  stepMs: number;
  read: DeviceProfile["read"];
  /** Rows that only have to be copied into the cache. */
  upload: DeviceProfile["read"];
}

export const RANKED_DEVICES: readonly RankedDevice[] = [
  {
    name: "data centre GPU",
    multiplicationsPerMs: 10e9,
    stepMs: 1,
    read: { fixedMs: 0.3, bytesPerMs: 1e6 },
    upload: { fixedMs: 0.1, bytesPerMs: 5e6 },
  },
  {
    name: "laptop GPU",
    multiplicationsPerMs: 0.5e9,
    stepMs: 1.5,
    read: { fixedMs: 1, bytesPerMs: 300e3 },
    upload: { fixedMs: 0.2, bytesPerMs: 3e6 },
  },
  {
    name: "processor",
    multiplicationsPerMs: 15e6,
    stepMs: 20,
    read: { fixedMs: 1, bytesPerMs: 200e3 },
    upload: { fixedMs: 0.1, bytesPerMs: 3e6 },
  },
];

/** A model's shape, and how many of its layers a basis transforms together. */
export interface RankedModel {
  name: string;
  shape: KvShape;
  hidden: number;
  heads: number;
  ffn: number;
  basisLayers: number;
}

const modelOf = (
  name: string,
  [layers, kvHeads, headDim]: readonly [number, number, number],
  others: Omit<RankedModel, "name" | "shape">,
): RankedModel => ({
  name,
  shape: { layers, kvHeads, headDim, contextTokens: 8192 },
  ...others,
});

export const RANKED_MODELS: readonly RankedModel[] = [
  modelOf("SmolLM2-135M", [30, 3, 64], { hidden: 576, heads: 9, ffn: 1536, basisLayers: 5 }),
  modelOf("Llama-3.2-1B", [16, 8, 64], { hidden: 2048, heads: 32, ffn: 8192, basisLayers: 1 }),
  modelOf("Qwen3-0.6B", [28, 8, 128], { hidden: 1024, heads: 16, ffn: 3072, basisLayers: 1 }),
];

/** A rate, by how many bytes of f16 one of its bytes stands for. */
export interface RankedRate {
  rate: string;
  family: "f16" | "rows" | "transform";
  ratio: number;
}

export const RANKED_RATES: readonly RankedRate[] = [
  { rate: "f16", family: "f16", ratio: 1 },
  { rate: "int8", family: "rows", ratio: 1.9 },
  { rate: "int4", family: "rows", ratio: 3.5 },
  { rate: "transform-30", family: "transform", ratio: 11 },
  { rate: "transform-60", family: "transform", ratio: 18 },
];

/** Rates that a level's budget has room for, were every conversation like most. */
export const LEVEL_RATES = {
  exact: ["f16"],
  balanced: ["f16", "int8", "int4", "transform-30"],
  compact: ["f16", "int8", "int4", "transform-30", "transform-60"],
} as const;

export interface RankedForm extends FormEstimate {
  rate: string;
}

/** A rate as a form of the model's chunks. */
export function formOf({ shape, basisLayers }: RankedModel, rated: RankedRate): RankedForm {
  const { rate, family, ratio } = rated;
  const valueBytes = layerGroups(shape).map(
    ({ start, end }) => ((end - start) * CHUNK_TOKENS * rowBytes(shape)) / ratio,
  );
  return {
    rate,
    family,
    valueBytes,
    ...decodingWork(family, shape, basisLayers),
    holds: family === "transform" ? "likely" : "safe",
  };
}

/** A basis of as many components as channels is the slowest. */
function decodingWork(
  family: RankedRate["family"],
  shape: KvShape,
  basisLayers: number,
): DecodingWork {
  if (family === "f16") return NO_WORK;
  const bits = bitsWork(shape);
  if (family === "rows") return bits;
  const channels = basisLayers * shape.kvHeads * shape.headDim;
  const numbers = (shape.layers / basisLayers) * 2 * channels ** 2;
  return {
    decodeMultiplications: bits.decodeMultiplications + numbers,
    preparedBytes: 2 * numbers,
  };
}

/** Reading weights and compiling kernels: of a small model, a second at least. */
const MODEL_MS = 1000;

/** A conversation with a model on a device, where no codec was decoded yet but rows as they are. */
export function termsOf(device: RankedDevice, model: RankedModel, tokens: number): RankTerms {
  const { shape, hidden, heads, ffn } = model;
  const perLayer = hidden * shape.headDim * (2 * heads + 2 * shape.kvHeads) + 3 * hidden * ffn;
  const perMs = device.multiplicationsPerMs;
  const profile: DeviceProfile = {
    read: device.read,
    weights: device.read,
    decode: { f16: device.upload },
    prepare: {},
    prefill: {
      tokenLayerMs: perLayer / perMs,
      tokenLayerKiloMs: (2 * heads * shape.headDim * 1000) / perMs,
      stepMs: device.stepMs,
    },
  };
  return {
    profile,
    tokens,
    layerGroups: layerGroups(shape),
    rowBytes: rowBytes(shape),
    prefillMultiplications: shape.layers * perLayer,
    modelMs: MODEL_MS,
  };
}
