import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import meanWgsl from "./attention-rows-mean.wgsl?raw";
import wgsl from "./attention-rows.wgsl?raw";
import type { AttentionPlan, AttentionShape } from "../forward/attention.ts";
import halves from "../unpack-f16.wgsl?raw";

export type AttentionRowsBinding = "qkv" | "cache" | "scores" | "stats" | "step" | "sample";
export type AttentionMeanBinding = "scores" | "stats" | "weights" | "step" | "sample" | "place";

/** Positions that one invocation takes. */
const SLICE = 32;

/** How many slices some positions make. The last one may be short. */
const sliceCount = (positions: number): number => Math.ceil(positions / SLICE);

/**
 * Size of the buffer that holds a step's sampled attention weights: [layers, rows, groups, context], where a
 * row's positions are padded to whole slices.
 */
export interface WeightRows {
  /** Most sampled rows of a step. */
  rows: number;
  /** Number of groups that heads are averaged in: kvHeads, or 1. */
  groups: number;
  contextTokens: number;
}

export interface AttentionRowsPlan extends AttentionPlan, WeightRows {}

/** The sampled tokens of a step: first, first + stride, first + 2 × stride and so on. */
export interface TokenSample {
  first: number;
  stride: number;
  /** Number of sampled tokens. */
  rows: number;
}

/** Sample at most `rows` of a step's tokens, evenly spaced and the last one included. */
export function sampleTokens(tokens: number, rows: number): TokenSample {
  assert(tokens > 0 && rows > 0, `${rows} rows of ${tokens} tokens`);
  const stride = Math.ceil(tokens / rows);
  return { first: (tokens - 1) % stride, stride, rows: Math.ceil(tokens / stride) };
}

/** The `sample` uniform: u32 first, stride, rows. */
export function sampleParams({ first, stride, rows }: TokenSample): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(first, stride, rows);
}

/** Constants of the kernels that say where the weights of a row lie. */
export function weightRowConstants({ rows, groups, contextTokens }: WeightRows) {
  return {
    ROWS: rows,
    GROUPS: groups,
    SLICE,
    SLICES: sliceCount(contextTokens),
    SLICE_QUADS: SLICE / 4,
  };
}

/** The kernel that computes the scores of the sampled rows. */
export function attentionRowsSource(plan: AttentionRowsPlan): KernelSource<AttentionRowsBinding> {
  return {
    label: "attention-rows",
    name: "attention-rows",
    wgsl: [halves, wgsl],
    constants: {
      HEADS: plan.heads,
      KV_HEADS: plan.kvHeads,
      HEAD_DIM: plan.headDim,
      SCORE_WIDTH: plan.scoreWidth ?? plan.headDim,
      QUADS: plan.headDim / 4,
      OCTETS: plan.headDim / 8,
      SHARED: plan.shared,
      WORKGROUP: plan.workgroup,
      SLICE,
      SLICES: sliceCount(plan.contextTokens),
      NATIVE_HALVES: plan.nativeHalves,
    },
    bindings: {
      qkv: "read",
      cache: "read",
      scores: "write",
      stats: "write",
      step: "uniform",
      sample: "uniform",
    },
  };
}

/** @param step number of sampled rows, and of positions up to the end of the step */
export function attentionRowsGrid(
  { workgroup, heads, shared }: AttentionRowsPlan,
  { rows, end }: { rows: number; end: number },
): Grid {
  return [Math.ceil((rows * sliceCount(end)) / workgroup), heads / shared];
}

/** The kernel that computes weights from the scores. `place` holds the u32 number of the layer. */
export function attentionMeanSource(plan: AttentionRowsPlan): KernelSource<AttentionMeanBinding> {
  assert(plan.kvHeads % plan.groups === 0, `${plan.kvHeads} KV heads in ${plan.groups} groups`);
  return {
    label: "attention-rows-mean",
    name: "attention-rows-mean",
    wgsl: [meanWgsl],
    constants: { HEADS: plan.heads, WORKGROUP: plan.workgroup, ...weightRowConstants(plan) },
    bindings: {
      scores: "read",
      stats: "read",
      weights: "write",
      step: "uniform",
      sample: "uniform",
      place: "uniform",
    },
  };
}

/** @param step number of sampled rows, and of positions up to the end of the step */
export function attentionMeanGrid(
  { workgroup, groups }: AttentionRowsPlan,
  { rows, end }: { rows: number; end: number },
): Grid {
  return [Math.ceil((rows * sliceCount(end)) / workgroup), groups];
}

/** Bytes of the buffers that the kernels write. `weights` is the part of one layer. */
export function attentionRowsBytes(plan: WeightRows & { heads: number }) {
  const slices = sliceCount(plan.contextTokens);
  return {
    scores: plan.rows * plan.heads * slices * SLICE * 4,
    stats: plan.rows * plan.heads * slices * 8,
    weights: plan.rows * plan.groups * slices * SLICE * 4,
  };
}

/**
 * Attention weights in plain loops and f64.
 *
 * @param step qkv is [tokens, heads + 2 × kvHeads, headDim] with rotated queries; cache is [context,
 *   2 × kvHeads, headDim] f16 bits; the first token stands at position context - tokens
 * @returns [sample.rows, groups, context]; each row adds up to 1 and is 0 past its own position
 */
export function attentionRowsReference(
  { qkv, cache }: { qkv: Float32Array; cache: Uint16Array },
  shape: AttentionShape & { groups: number },
  sample: TokenSample,
): Float64Array {
  const { heads, kvHeads, headDim, scoreWidth = headDim, groups } = shape;
  const tokenSize = (heads + 2 * kvHeads) * headDim;
  const context = cache.length / (2 * kvHeads * headDim);
  const firstPosition = context - qkv.length / tokenSize;
  const keys = Array.from({ length: context * kvHeads }, (_, i) => {
    const position = Math.floor(i / kvHeads);
    const start = (position * 2 * kvHeads + (i % kvHeads)) * headDim;
    return Array.from(cache.subarray(start, start + headDim), f16ToF32);
  });
  const weights = new Float64Array(sample.rows * groups * context);
  for (let row = 0; row < sample.rows; row++)
    for (let head = 0; head < heads; head++) {
      const token = sample.first + row * sample.stride;
      const start = token * tokenSize + head * headDim;
      const query = qkv.subarray(start, start + headDim);
      const kvHead = Math.floor((head * kvHeads) / heads);
      const scores = Array.from({ length: firstPosition + token + 1 }, (_, position) =>
        dot(query, keys[position * kvHeads + kvHead] ?? []),
      );
      const group = Math.floor((head * groups) / heads);
      softmax(scores.map((score) => score / Math.sqrt(scoreWidth))).forEach((weight, position) => {
        const at = (row * groups + group) * context + position;
        weights[at] = (weights[at] ?? NaN) + (weight * groups) / heads;
      });
    }
  return weights;
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function dot(a: Float32Array, b: readonly number[]): number {
  return b.reduce((sum, value, i) => sum + value * (a[i] ?? NaN), 0);
}
