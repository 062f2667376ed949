import type { AdapterDescription } from "../../src/device/device.ts";
import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import combineWgsl from "./attention-combine.wgsl?raw";
import wgsl from "./attention.wgsl?raw";
import halves from "../unpack-f16.wgsl?raw";
import type { HeadShape } from "./rope-append.ts";

export type AttentionBinding = "qkv" | "cache" | "y" | "stats" | "step";
export type CombineBinding = "partial" | "stats" | "y" | "step";

/** Positions that one invocation takes in a decode step. */
const SLICE = 32;
/** Channels of queries that fit into one invocation's registers, beside as many of sums. */
const REGISTER_CHANNELS = 96;

/** The heads of one layer, and what their scores are divided by. */
export interface AttentionShape extends HeadShape {
  /** Scores are divided by the square root of this number: the head dimension, unless it is given. */
  scoreWidth?: number;
}

export interface AttentionPlan extends AttentionShape {
  /** Whether rows of `qkv` hold queries only, because the layer attends to K and V of another one. */
  queriesOnly: boolean;
  /** Number of query heads that one invocation takes. */
  shared: number;
  workgroup: number;
  nativeHalves: boolean;
  /**
   * Whether one kernel serves both prefill and decode steps. Software adapters compile slowly, so that one
   * kernel instead of two is better there.
   */
  slicedByStep: boolean;
}

/** The heads in a row of `qkv`. */
export const rowHeads = ({ heads, kvHeads }: HeadShape, queriesOnly: boolean): number =>
  heads + (queriesOnly ? 0 : 2 * kvHeads);

/** Gives an invocation as many query heads as read the same keys and fit into its registers. */
export function planAttention(
  shape: AttentionShape,
  { software }: AdapterDescription,
): AttentionPlan {
  const { heads, kvHeads, headDim } = shape;
  assert(headDim % 8 === 0, `head dimension ${headDim} is not a multiple of 8`);
  const group = heads / kvHeads;
  const fits = Math.max(1, Math.floor(REGISTER_CHANNELS / headDim));
  let shared = Math.min(group, fits);
  while (group % shared !== 0) shared--;
  const workgroup = software ? 8 : 32;
  const variant = { nativeHalves: !software, slicedByStep: software, queriesOnly: false };
  return { ...shape, shared, workgroup, ...variant };
}

function constants(plan: AttentionPlan) {
  return {
    HEADS: plan.heads,
    KV_HEADS: plan.kvHeads,
    ROW_HEADS: rowHeads(plan, plan.queriesOnly),
    HEAD_DIM: plan.headDim,
    SCORE_WIDTH: plan.scoreWidth ?? plan.headDim,
    QUADS: plan.headDim / 4,
    OCTETS: plan.headDim / 8,
    SHARED: plan.shared,
    WORKGROUP: plan.workgroup,
    SLICE,
    NATIVE_HALVES: plan.nativeHalves,
  };
}

const BINDINGS = {
  qkv: "read",
  cache: "read",
  y: "write",
  stats: "write",
  step: "uniform",
} as const;

/** Whether a step runs many tokens of a prompt, or one token of a reply. */
export type StepUse = "prefill" | "decode";

/** Values of the constant SLICED of attention.wgsl. */
const SLICED = { prefill: 0, decode: 1, byStep: 2 };

/** The kernel for the attention of many queries. */
export const prefillAttentionSource = (plan: AttentionPlan): KernelSource<AttentionBinding> =>
  attentionSource(plan, "prefill");

/** The kernel for the attention of one query in slices of positions, which `attention-combine` then combines. */
export const decodeAttentionSource = (plan: AttentionPlan): KernelSource<AttentionBinding> =>
  attentionSource(plan, "decode");

function attentionSource(plan: AttentionPlan, use: StepUse): KernelSource<AttentionBinding> {
  const sliced = plan.slicedByStep ? "byStep" : use;
  return {
    label: `attention ${sliced}${plan.queriesOnly ? " of queries only" : ""}`,
    name: "attention",
    wgsl: [halves, wgsl],
    constants: { ...constants(plan), SLICED: SLICED[sliced] },
    bindings: BINDINGS,
  };
}

/** Contents of the `step` uniform, which all kernels of a forward pass read. */
export const stepParams = (
  position: number,
  tokens: number,
  use: StepUse,
): [position: number, tokens: number, sliced: number] => [position, tokens, SLICED[use]];

export function prefillAttentionGrid(plan: AttentionPlan, tokens: number): Grid {
  return [Math.ceil(tokens / plan.workgroup), plan.heads / plan.shared];
}

/** @param context number of positions attended to, the query's own included */
export function decodeAttentionGrid(plan: AttentionPlan, context: number): Grid {
  return [Math.ceil(context / SLICE / plan.workgroup), plan.heads / plan.shared];
}

export function combineSource(plan: AttentionPlan): KernelSource<CombineBinding> {
  const { HEADS, HEAD_DIM } = constants(plan);
  return {
    label: "attention-combine",
    name: "attention-combine",
    wgsl: [combineWgsl],
    constants: { HEADS, HEAD_DIM, SLICE },
    bindings: { partial: "read", stats: "read", y: "write", step: "uniform" },
  };
}

export function combineGrid({ heads, headDim }: HeadShape): Grid {
  return [Math.ceil((heads * headDim) / 4 / 64)];
}

/** Number of slices of a context, which is also the number of rows of `y` and `stats` in a decode step. */
export const sliceCount = (context: number): number => Math.ceil(context / SLICE);

/**
 * Causal attention in plain loops and f64.
 *
 * @param qkv [tokens, heads + 2 × kvHeads, headDim] or, with `queriesOnly`, [tokens, heads, headDim]; queries rotated
 * @param cache [context, 2 × kvHeads, headDim] f16 bits; the first token stands at context - tokens
 * @returns [tokens, heads, headDim]
 */
export function attentionReference(
  qkv: Float32Array,
  cache: Uint16Array,
  shape: AttentionShape,
  { queriesOnly = false } = {},
): Float32Array {
  const { heads, kvHeads, headDim, scoreWidth = headDim } = shape;
  const rows = rowHeads(shape, queriesOnly);
  const tokens = qkv.length / rows / headDim;
  const first = cache.length / (2 * kvHeads * headDim) - tokens;
  const row = (position: number, head: number) => {
    const start = (position * 2 * kvHeads + head) * headDim;
    return Array.from(cache.subarray(start, start + headDim), f16ToF32);
  };
  const y = new Float32Array(tokens * heads * headDim);
  for (let t = 0; t < tokens; t++)
    for (let head = 0; head < heads; head++) {
      const start = (t * rows + head) * headDim;
      const query = qkv.subarray(start, start + headDim);
      const kvHead = Math.floor(head / (heads / kvHeads));
      const positions = Array.from({ length: first + t + 1 }, (_, position) => position);
      const scores = positions.map((p) => dot(query, row(p, kvHead)) / Math.sqrt(scoreWidth));
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const values = positions.map((p) => row(p, kvHeads + kvHead));
      for (let d = 0; d < headDim; d++)
        y[(t * heads + head) * headDim + d] =
          weights.reduce((sum, weight, p) => sum + weight * (values[p]?.[d] ?? NaN), 0) / total;
    }
  return y;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => value * (b[i] ?? NaN)).reduce((sum, term) => sum + term, 0);
}
