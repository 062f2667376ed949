import { largestScore, weighScores } from "./attention-slices";
import { address, word } from "./words";

/**
 * Combines the slices of a decode step's attention. An item is a head.
 *
 * Words: addresses of the slices' sums of values [slices, heads, headDim] f32, of their largest scores and sums of
 * weights [slices, heads, 2] f32, and of the result [heads, headDim] f32; slices, heads, head dimension.
 */
export function attentionCombine(args: usize, start: i32, end: i32, scratch: usize): void {
  const slices = word(args, 3);
  const heads = word(args, 4);
  const size = (<usize>word(args, 5)) << 2;
  for (let head = start; head < end; head++) {
    const stats = address(args, 1) + ((<usize>head) << 3);
    const weight = scaleSlices(stats, (<usize>heads) << 3, slices, scratch);
    const partial = address(args, 0) + <usize>head * size;
    const y = address(args, 2) + <usize>head * size;
    addSlices(partial, <usize>heads * size, slices, scratch, weight, y, size);
  }
}

/**
 * What the sums of each slice of a head are multiplied by, because another slice has a larger score.
 *
 * @param stats those of a slice `stride` bytes behind those of the one before
 * @param scales [slices] f32
 * @returns the sum of all weights
 */
function scaleSlices(stats: usize, stride: usize, slices: i32, scales: usize): f32 {
  for (let s: usize = 0; s < <usize>slices; s++)
    store<f32>(scales + (s << 2), load<f32>(stats + s * stride));
  weighScores(scales, slices, largestScore(scales, slices), 1);
  let weight: f32 = 0;
  for (let s: usize = 0; s < <usize>slices; s++)
    weight += load<f32>(scales + (s << 2)) * load<f32>(stats + s * stride, 4);
  return weight;
}

/** Adds up the scaled sums of all slices, and divides them by the sum of all weights. */
function addSlices(
  partial: usize,
  stride: usize,
  slices: i32,
  scales: usize,
  weight: f32,
  y: usize,
  bytes: usize,
): void {
  const inverse = f32x4.splat(1 / weight);
  const end = scales + ((<usize>slices) << 2);
  for (let at: usize = 0; at < bytes; at += 32) {
    let low = f32x4.splat(0);
    let high = low;
    let from = partial + at;
    for (let s = scales; s < end; s += 4) {
      const scale = v128.load32_splat(s);
      low = f32x4.add(low, f32x4.mul(v128.load(from), scale));
      high = f32x4.add(high, f32x4.mul(v128.load(from, 16), scale));
      from += stride;
    }
    v128.store(y + at, f32x4.mul(low, inverse));
    v128.store(y + at, f32x4.mul(high, inverse), 16);
  }
}
