import type { Grid, KernelSource } from "../../src/gpu/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import type { RowShape } from "../rows/coded-rows.ts";
import wgsl from "./collect-rows.wgsl?raw";

/** `place`: u32 channel of the group that is the layer's first, u32 channels of the group. */
export type CollectRowsBinding =
  "rotation" | "cache" | "keys" | "values" | "moments" | "run" | "place";

/** Rows of a run at most, and of what is collected. */
export const COLLECTED_ROWS = 128;

export interface CollectedRun {
  /** Position of the first row. */
  start: number;
  tokens: number;
  /** The reference becomes the mean of this run. */
  isFirst: boolean;
}

export function collectRowsSource({
  kvHeads,
  headDim,
}: RowShape): KernelSource<CollectRowsBinding> {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  return {
    label: "collect-rows",
    wgsl: [wgsl],
    constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim, RUN: COLLECTED_ROWS },
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

export function collectRowsGrid({ kvHeads, headDim }: RowShape): Grid {
  return [Math.ceil((2 * kvHeads * headDim) / 4 / 64)];
}

/** The `run` uniform: u32 start, tokens, first. */
export function collectParams({ start, tokens, isFirst }: CollectedRun): Uint32Array<ArrayBuffer> {
  assert(tokens > 0 && tokens <= COLLECTED_ROWS, `a run of ${tokens} rows`);
  return Uint32Array.of(start, tokens, isFirst ? 1 : 0);
}

/**
 * A layer's numbers before the reference is taken from them, in f64.
 *
 * @param rows [tokens, 2, kvHeads, headDim] f16 bits
 * @param rotation [tokens, headDim / 2, 2] cosines and sines of the run's positions
 * @returns keys and values, [tokens, kvHeads × headDim] each
 */
export function collectRowsReference(
  rows: Uint16Array,
  rotation: Float32Array,
  { kvHeads, headDim }: RowShape,
): { keys: Float64Array; values: Float64Array } {
  const channels = kvHeads * headDim;
  const half = headDim / 2;
  const keys = new Float64Array(rows.length / 2);
  const values = new Float64Array(rows.length / 2);
  for (let at = 0; at < keys.length; at++) {
    const [token, channel, d] = [Math.floor(at / channels), at % channels, at % headDim];
    const number = (i: number) => f16ToF32(rows[token * 2 * channels + i] ?? 0);
    const cos = rotation[token * headDim + 2 * (d % half)] ?? NaN;
    const sin = rotation[token * headDim + 2 * (d % half) + 1] ?? NaN;
    const partner = d < half ? number(channel + half) : -number(channel - half);
    keys[at] = number(channel) * cos + partner * sin;
    values[at] = number(channels + channel);
  }
  return { keys, values };
}
