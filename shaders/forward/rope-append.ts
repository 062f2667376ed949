import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f32ToF16 } from "../../src/shared/number-formats.ts";
import { reduceSnippet, type LaneSharing } from "../reduce.ts";
import { rotateHead } from "../rotate-head.ts";
import { assertKernelSteps, partsOf, type QkvPart, type QkvStep } from "./qkv-steps.ts";
import heads from "./qkv-heads.wgsl?raw";
import normWgsl from "./rope-append-norm.wgsl?raw";
import wgsl from "./rope-append.wgsl?raw";

/** The heads of one attention layer, or of the product before it. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** The heads of one layer, and what is done to them before attention reads them. */
export interface QkvShape extends HeadShape {
  steps: readonly QkvStep[];
  /** What a norm of heads adds to the mean of the squares. */
  epsilon: number;
}

export type RopeAppendBinding =
  "rotation" | "qkv" | "cache" | "bias" | "queryGain" | "keyGain" | "step";

/**
 * The kernel of a layer's steps. Lanes share a head only where heads are normalised.
 *
 * @param shape of the rows of `qkv`. Without KV heads nothing is appended: the layer attends to rows of another one.
 */
export function ropeAppendSource(
  shape: QkvShape,
  sharing: LaneSharing,
): KernelSource<RopeAppendBinding> {
  assert(shape.headDim % 4 === 0, `head dimension ${shape.headDim} is not a multiple of 4`);
  assertKernelSteps(shape.steps);
  const reduce = reduceSnippet(sharing);
  const norms = hasNorm(shape);
  return {
    label: `${shape.kvHeads === 0 ? "rope" : "rope-append"}${norms ? " norm" : ""}`,
    name: "rope-append",
    options: { epsilon: shape.epsilon },
    wgsl: norms ? [heads, reduce.wgsl, normWgsl] : [heads, wgsl],
    constants: {
      HEADS: shape.heads,
      KV_HEADS: shape.kvHeads,
      HEAD_DIM: shape.headDim,
      ...flags(shape.steps),
      ...(norms && { ...reduce.constants, EPSILON_BITS: bitsOf(shape.epsilon) }),
    },
    features: norms ? reduce.features : [],
    bindings: {
      rotation: "read",
      qkv: "write",
      cache: "write",
      bias: "read",
      queryGain: "read",
      keyGain: "read",
      step: "uniform",
    },
  };
}

export function ropeAppendGrid(shape: QkvShape, sharing: LaneSharing, tokens: number): Grid {
  const { heads, kvHeads, headDim } = shape;
  const items = tokens * (heads + 2 * kvHeads);
  if (hasNorm(shape)) return [Math.ceil(items / (sharing.workgroup / sharing.lanes))];
  return [Math.ceil((items * headDim) / 4 / 64)];
}

const hasNorm = ({ steps }: QkvShape): boolean => partsOf(steps, "norm").length > 0;

function flags(steps: readonly QkvStep[]): Record<string, boolean> {
  const biased = partsOf(steps, "bias");
  const normalised = partsOf(steps, "norm");
  return {
    QUERY_BIAS: biased.includes("query"),
    KEY_BIAS: biased.includes("key"),
    VALUE_BIAS: biased.includes("value"),
    QUERY_NORM: normalised.includes("query"),
    KEY_NORM: normalised.includes("key"),
  };
}

/** The bits of a number as an f32. */
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** Cosines and sines of position × frequency: [context, frequencies, 2] f32, computed in f64. */
export function rotationTable(
  frequencies: readonly number[],
  context: number,
): Float32Array<ArrayBuffer> {
  const table = new Float32Array(context * frequencies.length * 2);
  for (let position = 0, at = 0; position < context; position++)
    for (const frequency of frequencies) {
      table[at++] = Math.cos(position * frequency);
      table[at++] = Math.sin(position * frequency);
    }
  return table;
}

/** What the reference reads and changes. A bias or a gain is only needed where a step reads it. */
export interface QkvBuffers {
  rotation: Float32Array;
  /** [tokens, heads + 2 × kvHeads, headDim] */
  qkv: Float32Array;
  /** [context, 2 × kvHeads, headDim] f16 bits */
  cache: Uint16Array;
  /** [heads + 2 × kvHeads, headDim] */
  bias?: Float32Array | undefined;
  /** [headDim] */
  queryGain?: Float32Array | undefined;
  /** [headDim] */
  keyGain?: Float32Array | undefined;
}

/** Change `qkv` and `cache` in place as the kernels do: in plain loops, the steps in the order in which they are given. */
export function ropeAppendReference(buffers: QkvBuffers, shape: QkvShape, position: number): void {
  const { qkv, cache } = buffers;
  const { heads, kvHeads, headDim, steps } = shape;
  const rows = heads + 2 * kvHeads;
  for (let i = 0; i < qkv.length / headDim; i++) {
    const row = qkv.subarray(i * headDim, (i + 1) * headDim);
    const head = i % rows;
    const part = head < heads ? "query" : head < heads + kvHeads ? "key" : "value";
    const at = position + Math.floor(i / rows);
    let values = Array.from(row);
    for (const { step, parts } of steps)
      if (parts.includes(part))
        values = STEP_REFERENCE[step](values, { part, head, at }, buffers, shape.epsilon);
    if (part === "query") row.set(values);
    else cache.set(values.map(f32ToF16), (at * 2 * kvHeads + head - heads) * headDim);
  }
}

/** A head of one token: its part, its place among all heads, and the token's position. */
interface HeadPlace {
  part: QkvPart;
  head: number;
  at: number;
}

type StepReference = (
  values: number[],
  place: HeadPlace,
  buffers: QkvBuffers,
  epsilon: number,
) => number[];

const STEP_REFERENCE: Record<QkvStep["step"], StepReference> = {
  bias: (values, { head }, { bias }) =>
    values.map((value, d) => value + (bias?.[head * values.length + d] ?? NaN)),
  norm: (values, { part }, { queryGain, keyGain }, epsilon) => {
    const gain = part === "query" ? queryGain : keyGain;
    const mean = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    return values.map((value, d) => (value * (gain?.[d] ?? NaN)) / Math.sqrt(mean + epsilon));
  },
  rotate: (values, { at }, { rotation }) =>
    rotateHead(values, rotation.subarray(at * values.length, (at + 1) * values.length)),
};
