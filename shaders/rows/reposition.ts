import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32, f32ToF16 } from "../../src/shared/number-formats.ts";
import type { RowMove } from "../../src/shared/row-move.ts";
import type { HeadShape } from "../forward/rope-append.ts";
import { rotateHead } from "../rotate-head.ts";
import wgsl from "./reposition.wgsl?raw";

export type RepositionBinding = "rotation" | "cache" | "shift";

type RowShape = Omit<HeadShape, "heads">;

export function repositionSource({ kvHeads, headDim }: RowShape): KernelSource<RepositionBinding> {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  return {
    label: "reposition",
    name: "reposition",
    wgsl: [wgsl],
    constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim },
    bindings: { rotation: "read", cache: "write", shift: "uniform" },
  };
}

export function repositionGrid(
  { kvHeads, headDim }: RowShape,
  { from, to, tokens }: RowMove,
): Grid {
  assert(to < from && tokens > 0, `${tokens} rows do not move down from ${from} to ${to}`);
  const columns = (2 * kvHeads * headDim) / 4;
  return [Math.ceil((Math.min(from - to, tokens) * columns) / 64)];
}

/** Contents of the `shift` uniform: u32 from, to, tokens. */
export function repositionParams({ from, to, tokens }: RowMove): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(from, to, tokens);
}

/** Cosines and sines of the rotation from one position to another: [frequencies, 2] f32, computed in f64. */
export function rotationBetween(
  frequencies: readonly number[],
  { from, to }: RowMove,
): Float32Array<ArrayBuffer> {
  const angles = frequencies.map((frequency) => (to - from) * frequency);
  return Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
}

/**
 * Change `cache` in place as the kernel does, in plain loops.
 *
 * @param buffers rotation is [headDim / 2, 2], cache is [context, 2 × kvHeads, headDim] f16 bits
 */
export function repositionReference(
  { rotation, cache }: { rotation: Float32Array; cache: Uint16Array },
  { kvHeads, headDim }: RowShape,
  { from, to, tokens }: RowMove,
): void {
  const rowSize = 2 * kvHeads * headDim;
  const rows = cache.slice(from * rowSize, (from + tokens) * rowSize);
  for (let at = 0; at < rows.length; at += headDim) {
    if (at % rowSize >= kvHeads * headDim) continue;
    const head = Array.from(rows.subarray(at, at + headDim), f16ToF32);
    rows.set(rotateHead(head, rotation).map(f32ToF16), at);
  }
  cache.set(rows, to * rowSize);
}
