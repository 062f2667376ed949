import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import { rotateHead } from "../rotate-head.ts";
import wgsl from "./row-moments.wgsl?raw";

/** `place` holds the u32 number of the layer's first channel in the group, and the u32 channels of the group. */
export type RowMomentsBinding =
  "rotation" | "cache" | "keys" | "values" | "moments" | "run" | "place";

/** Most tokens of a run, and rows of the buffers `keys` and `values`. */
export const MOMENTS_RUN_TOKENS = 128;

export interface MomentsRun {
  /** Position of the first row. */
  start: number;
  tokens: number;
  /** Whether the reference becomes the mean of this run. */
  isFirst: boolean;
}

export function rowMomentsSource({ kvHeads, headDim }: RowShape): KernelSource<RowMomentsBinding> {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  return {
    label: "row-moments",
    name: "row-moments",
    wgsl: [wgsl],
    constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim, RUN: MOMENTS_RUN_TOKENS },
    bindings: {
      rotation: "read",
      cache: "read",
      keys: "write",
      values: "write",
      moments: "write",
      run: "uniform",
      place: "uniform",
    },
  };
}

export function rowMomentsGrid({ kvHeads, headDim }: RowShape): Grid {
  return [Math.ceil((2 * kvHeads * headDim) / 4 / 64)];
}

/** The `run` uniform: u32 start, tokens, first. */
export function rowMomentsParams({ start, tokens, isFirst }: MomentsRun): Uint32Array<ArrayBuffer> {
  assert(tokens > 0 && tokens <= MOMENTS_RUN_TOKENS, `a run of ${tokens} rows`);
  return Uint32Array.of(start, tokens, isFirst ? 1 : 0);
}

/**
 * A layer's numbers before the reference is subtracted, in f64.
 *
 * @param rows [tokens, 2, kvHeads, headDim] f16 bits
 * @param rotation [tokens, headDim / 2, 2] cosines and sines of the run's positions
 * @returns keys rotated back to position 0, and values, each [tokens, kvHeads × headDim]
 */
export function rowMomentsReference(
  rows: Uint16Array,
  rotation: Float32Array,
  { kvHeads, headDim }: RowShape,
): { keys: Float64Array; values: Float64Array } {
  const channels = kvHeads * headDim;
  const keys = new Float64Array(rows.length / 2);
  const values = new Float64Array(rows.length / 2);
  for (let at = 0; at < keys.length; at += headDim) {
    const token = Math.floor(at / channels);
    const turn = rotation.subarray(token * headDim, (token + 1) * headDim);
    const head = (first: number) => Array.from(rows.subarray(first, first + headDim), f16ToF32);
    const key = token * 2 * channels + (at % channels);
    keys.set(rotateHead(head(key), turn, -1), at);
    values.set(head(key + channels), at);
  }
  return { keys, values };
}
