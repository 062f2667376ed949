import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import type { TokenSample } from "./attention-rows.ts";
import { rotateHead } from "../rotate-head.ts";
import { rowHeads } from "../forward/attention.ts";
import wgsl from "./query-moments.wgsl?raw";
import type { HeadShape } from "../forward/rope-append.ts";

export type QueryMomentsBinding = "rotation" | "qkv" | "moments" | "step" | "sample" | "layer";

/**
 * The kernel that adds to one layer's moments. `layer` holds the u32 number of the layer.
 *
 * @param options with `queriesOnly`, rows of `qkv` hold queries only, because the layer attends to keys of another one
 */
export function queryMomentsSource(
  shape: HeadShape,
  { queriesOnly = false } = {},
): KernelSource<QueryMomentsBinding> {
  const { heads, kvHeads, headDim } = shape;
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  assert(heads % kvHeads === 0, `${heads} heads do not share ${kvHeads} evenly`);
  return {
    label: "query-moments",
    name: "query-moments",
    wgsl: [wgsl],
    constants: {
      HEADS: heads,
      KV_HEADS: kvHeads,
      ROW_HEADS: rowHeads(shape, queriesOnly),
      HEAD_DIM: headDim,
    },
    bindings: {
      rotation: "read",
      qkv: "read",
      moments: "write",
      step: "uniform",
      sample: "uniform",
      layer: "uniform",
    },
  };
}

export function queryMomentsGrid({ kvHeads, headDim }: HeadShape): Grid {
  return [Math.ceil((kvHeads * (headDim / 4) ** 2) / 64)];
}

/** Bytes of the buffer `moments`. */
export const momentsBytes = ({ kvHeads, headDim }: HeadShape, layers: number): number =>
  layers * kvHeads * headDim ** 2 * 4;

/** Contents of the buffer `moments` in the order of channels: [layers, kvHeads, headDim, headDim]. */
export function readMoments(moments: Float32Array, headDim: number): Float64Array {
  const quads = headDim / 4;
  const size = headDim ** 2;
  // The quad that each channel belongs to, and its place there.
  const places = Array.from({ length: headDim }, (_, channel) => {
    const [half, inHalf] = [Math.floor(channel / (headDim / 2)), channel % (headDim / 2)];
    return { quad: Math.floor(inHalf / 2), place: 2 * half + (inHalf % 2) };
  });
  const read = new Float64Array(moments.length);
  for (let start = 0; start < moments.length; start += size)
    places.forEach((c, row) => {
      places.forEach((d, column) => {
        const [a, b] = c.quad <= d.quad ? [c, d] : [d, c];
        const at = 16 * (a.quad * quads + b.quad) + 4 * a.place + b.place;
        read[start + row * headDim + column] = moments[start + at] ?? NaN;
      });
    });
  return read;
}

/**
 * Moments that one step adds to those of one layer, in plain loops and f64.
 *
 * @param buffers rotation is [context, headDim / 2, 2], qkv is [tokens, heads + 2 × kvHeads, headDim] or, with
 *   `queriesOnly`, [tokens, heads, headDim]
 * @returns [kvHeads, headDim, headDim]
 */
export function queryMomentsReference(
  { rotation, qkv }: { rotation: Float32Array; qkv: Float32Array },
  shape: HeadShape,
  position: number,
  { first, stride, rows, queriesOnly = false }: TokenSample & { queriesOnly?: boolean },
): Float64Array {
  const { heads, kvHeads, headDim } = shape;
  const moments = new Float64Array(kvHeads * headDim ** 2);
  for (let row = 0; row < rows; row++) {
    const token = first + row * stride;
    const turn = rotation.subarray((position + token) * headDim, (position + token + 1) * headDim);
    for (let head = 0; head < heads; head++) {
      const at = (token * rowHeads(shape, queriesOnly) + head) * headDim;
      const query = rotateHead(qkv.subarray(at, at + headDim), turn, -1);
      const start = Math.floor((head * kvHeads) / heads) * headDim ** 2;
      query.forEach((c, i) => {
        query.forEach((d, j) => {
          const cell = start + i * headDim + j;
          moments[cell] = (moments[cell] ?? 0) + c * d;
        });
      });
    }
  }
  return moments;
}
