import type { Grid, KernelSource } from "../../src/gpu/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f32ToF16 } from "../../src/shared/number-formats.ts";
import { rotateHead } from "../rotate-head.ts";
import wgsl from "./rope-append.wgsl?raw";

/** The heads of one attention layer. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

export type RopeAppendBinding = "rotation" | "qkv" | "cache" | "step";

export function ropeAppendSource(shape: HeadShape): KernelSource<RopeAppendBinding> {
  assert(shape.headDim % 4 === 0, `head dimension ${shape.headDim} is not a multiple of 4`);
  return {
    label: "rope-append",
    wgsl: [wgsl],
    constants: { HEADS: shape.heads, KV_HEADS: shape.kvHeads, HEAD_DIM: shape.headDim },
    bindings: { rotation: "read", qkv: "write", cache: "write", step: "uniform" },
  };
}

export function ropeAppendGrid({ heads, kvHeads, headDim }: HeadShape, tokens: number): Grid {
  return [Math.ceil((tokens * (heads + 2 * kvHeads) * headDim) / 4 / 64)];
}

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

/**
 * Change `qkv` and `cache` in place as the kernel does, in plain loops.
 *
 * @param buffers qkv is [tokens, heads + 2 × kvHeads, headDim], cache is [context, 2 × kvHeads, headDim] f16 bits
 */
export function ropeAppendReference(
  buffers: { rotation: Float32Array; qkv: Float32Array; cache: Uint16Array },
  shape: HeadShape,
  position: number,
): void {
  const { rotation, qkv, cache } = buffers;
  const { heads, kvHeads, headDim } = shape;
  const rows = heads + 2 * kvHeads;
  for (let i = 0; i < qkv.length / headDim; i++) {
    const at = position + Math.floor(i / rows);
    const head = i % rows;
    const row = qkv.subarray(i * headDim, (i + 1) * headDim);
    const turn = rotation.subarray(at * headDim, (at + 1) * headDim);
    const rotated = head < heads + kvHeads ? rotateHead(row, turn) : row;
    if (head < heads) row.set(rotated);
    else
      cache.set(Uint16Array.from(rotated, f32ToF16), (at * 2 * kvHeads + head - heads) * headDim);
  }
}
