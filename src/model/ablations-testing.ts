/** @file Ways to compute a model wrongly, each in exactly one thing. A test shows with them that it would notice. */

import type { Device } from "../device/device.ts";
import type { QkvPart, QkvStep } from "../../shaders/forward/qkv-steps.ts";
import { assert } from "../shared/assert.ts";
import { encodeFloats } from "../shared/number-formats.ts";
import type { ModelConfig } from "./model-config.ts";
import { roundProducts } from "./rounded-products-testing.ts";
import type { LoadedTensor } from "./sources/source.ts";

/** What `loadTestModel` does differently. What is not given stays as it is. */
export interface Ablation {
  /** Changes what is computed. Weights are still those that the model's own configuration describes. */
  config?: (config: ModelConfig) => ModelConfig;
  /** Changes a weight on its way to the GPU. */
  tensor?: (tensor: LoadedTensor, config: ModelConfig) => LoadedTensor;
  /** Changes the device that kernels are compiled on. */
  device?: (device: Device) => Device;
}

/** Leaves a part out of a step. */
const without = (step: QkvStep["step"], part: QkvPart): Ablation => ({
  config: (config) => {
    const { steps } = config.attention;
    assert(
      steps.some((one) => one.step === step && one.parts.includes(part)),
      `no ${part} ${step}`,
    );
    const kept = steps.map((one) =>
      one.step === step ? { ...one, parts: one.parts.filter((each) => each !== part) } : one,
    );
    return { ...config, attention: { ...config.attention, steps: kept } };
  },
});

/** Puts ones in the place of gains. @param isMeant takes the key of a weight */
const ungained = (isMeant: (weight: string) => boolean): Ablation => ({
  tensor: (tensor) => {
    if (!isMeant(tensor.weight) || tensor.part !== "values") return tensor;
    const { dtype, shape } = tensor;
    assert(dtype !== "u32", "gains are no codes");
    const ones = new Float32Array(shape[0] ?? 0).fill(1);
    return { ...tensor, bytes: encodeFloats(ones, dtype) };
  },
});

/** Puts the rows of a weight in another order. @param source the row that goes to the place of `row`, of so many */
function reordered(
  tensor: LoadedTensor,
  source: (row: number, rows: number) => number,
): LoadedTensor {
  const [rows = 0] = tensor.shape;
  assert(tensor.firstRow === 0, "only a part of a weight is here");
  const rowBytes = tensor.bytes.length / rows;
  const bytes = new Uint8Array(tensor.bytes.length);
  for (let row = 0; row < rows; row++) {
    const from = source(row, rows) * rowBytes;
    bytes.set(tensor.bytes.subarray(from, from + rowBytes), row * rowBytes);
  }
  return { ...tensor, bytes };
}

/**
 * Takes the channels 2d and 2d + 1 of a head for a pair instead of d and d + headDim / 2. The kernel stays as it is: what
 * makes queries and keys is put into another order, and a score does not depend on the order.
 */
const interleavePairs: Ablation["tensor"] = (tensor, { heads, kvHeads, headDim }) => {
  if (!/\.(qkv|qkvBias|queryNorm|keyNorm)$/.test(tensor.weight)) return tensor;
  const half = headDim / 2;
  return reordered(tensor, (row) => {
    if (row >= (heads + kvHeads) * headDim) return row;
    const d = row % headDim;
    return row - d + (d < half ? 2 * d : 2 * (d - half) + 1);
  });
};

const swapGateAndUp: Ablation["tensor"] = (tensor) =>
  tensor.weight.endsWith(".gateUp")
    ? reordered(tensor, (row, rows) => (row + rows / 2) % rows)
    : tensor;

const withRope = (change: (rope: ModelConfig["rope"]) => ModelConfig["rope"]): Ablation => ({
  config: (config) => ({ ...config, rope: change(config.rope) }),
});

/** Views the heads of the same rows as twice as many of half the size. */
function halveHeads(config: ModelConfig): ModelConfig {
  const { heads, kvHeads, headDim, attention } = config;
  return {
    ...config,
    heads: 2 * heads,
    kvHeads: 2 * kvHeads,
    headDim: headDim / 2,
    attention: { ...attention, scoreWidth: headDim / 2 },
  };
}

/** Every ablation by its name. Each fits the models that have what it takes away. */
export const ABLATIONS = {
  "no query bias": without("bias", "query"),
  "no key bias": without("bias", "key"),
  "no value bias": without("bias", "value"),
  "no query norm": without("norm", "query"),
  "no key norm": without("norm", "key"),
  "query norm gains ignored": ungained((weight) => weight.endsWith(".queryNorm")),
  "key norm gains ignored": ungained((weight) => weight.endsWith(".keyNorm")),
  "final norm gains ignored": ungained((weight) => weight === "finalNorm"),
  "no RoPE scaling": withRope((rope) => {
    assert(rope.scaling !== null, "RoPE is not scaled");
    return { ...rope, scaling: null };
  }),
  "wrong RoPE theta": withRope((rope) => ({ ...rope, theta: rope.theta / 8 })),
  "RoPE pairs interleaved": { tensor: interleavePairs },
  "heads of half the size": { config: halveHeads },
  "score scale from hidden / heads": {
    config: (config) => {
      const scoreWidth = config.hidden / config.heads;
      assert(scoreWidth !== config.headDim, "heads are as wide as hidden / heads");
      return { ...config, attention: { ...config.attention, scoreWidth } };
    },
  },
  "gate and up swapped": { tensor: swapGateAndUp },
  "embedding instead of the head": {
    config: (config) => {
      assert(!config.tiedEmbeddings, "there is no head of its own");
      return { ...config, tiedEmbeddings: true };
    },
  },
  "padding not masked": {
    config: (config) => {
      assert(config.activeVocab < config.vocab, "the vocabulary has no padding");
      return { ...config, activeVocab: config.vocab };
    },
  },
  "products rounded to f16": { device: roundProducts },
} satisfies Record<string, Ablation>;

export type AblationName = keyof typeof ABLATIONS;
