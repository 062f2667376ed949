/**
 * @file Weighted sums of a slice of the cached values, for one query in each of some heads that share them. Values are
 * widened as in attention-scores.ts: weights are given times 2^56, and sums are multiplied by the rest.
 */

import { HALF_SCALE, highFloats, lowFloats } from "./attention-scores";

function storeSum(at: usize, low: v128, high: v128): void {
  v128.store(at, f32x4.mul(low, f32x4.splat(HALF_SCALE)));
  v128.store(at, f32x4.mul(high, f32x4.splat(HALF_SCALE)), 16);
}

/**
 * Sums of 1 to 4 heads over at most 32 positions.
 *
 * @param weights [heads, 32] f32, times 2^56
 * @param values f16, those of a position `stride` bytes behind those of the one before
 * @param sums [heads, dim] f32
 */
export function sliceValues(
  heads: i32,
  weights: usize,
  dim: i32,
  values: usize,
  stride: usize,
  count: i32,
  sums: usize,
): void {
  const size = (<usize>dim) << 2;
  for (let channel: usize = 0; channel < <usize>dim; channel += 8) {
    const v = values + (channel << 1);
    const sum = sums + (channel << 2);
    if (heads == 4) {
      // Four heads at once would need more registers than there are.
      sumsOfTwo(weights, v, stride, count, sum, size);
      sumsOfTwo(weights + 256, v, stride, count, sum + 2 * size, size);
    } else if (heads == 3) sumsOfThree(weights, v, stride, count, sum, size);
    else if (heads == 2) sumsOfTwo(weights, v, stride, count, sum, size);
    else sumsOfOne(weights, v, stride, count, sum);
  }
}

/** Eight channels of the sums of one head. */
function sumsOfOne(weights: usize, values: usize, stride: usize, count: i32, sums: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  const end = weights + ((<usize>count) << 2);
  for (let w = weights, v = values; w < end; w += 4, v += stride) {
    const a = v128.load32_splat(w);
    const halves = v128.load(v);
    s0 = f32x4.add(s0, f32x4.mul(a, lowFloats(halves)));
    s1 = f32x4.add(s1, f32x4.mul(a, highFloats(halves)));
  }
  storeSum(sums, s0, s1);
}

function sumsOfTwo(
  weights: usize,
  values: usize,
  stride: usize,
  count: i32,
  sums: usize,
  size: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let t0 = s0;
  let t1 = s0;
  const end = weights + ((<usize>count) << 2);
  for (let w = weights, v = values; w < end; w += 4, v += stride) {
    const halves = v128.load(v);
    const low = lowFloats(halves);
    const high = highFloats(halves);
    let weight = v128.load32_splat(w);
    s0 = f32x4.add(s0, f32x4.mul(weight, low));
    s1 = f32x4.add(s1, f32x4.mul(weight, high));
    weight = v128.load32_splat(w, 128);
    t0 = f32x4.add(t0, f32x4.mul(weight, low));
    t1 = f32x4.add(t1, f32x4.mul(weight, high));
  }
  storeSum(sums, s0, s1);
  storeSum(sums + size, t0, t1);
}

function sumsOfThree(
  weights: usize,
  values: usize,
  stride: usize,
  count: i32,
  sums: usize,
  size: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let t0 = s0;
  let t1 = s0;
  let u0 = s0;
  let u1 = s0;
  const end = weights + ((<usize>count) << 2);
  for (let w = weights, v = values; w < end; w += 4, v += stride) {
    const halves = v128.load(v);
    const low = lowFloats(halves);
    const high = highFloats(halves);
    let weight = v128.load32_splat(w);
    s0 = f32x4.add(s0, f32x4.mul(weight, low));
    s1 = f32x4.add(s1, f32x4.mul(weight, high));
    weight = v128.load32_splat(w, 128);
    t0 = f32x4.add(t0, f32x4.mul(weight, low));
    t1 = f32x4.add(t1, f32x4.mul(weight, high));
    weight = v128.load32_splat(w, 256);
    u0 = f32x4.add(u0, f32x4.mul(weight, low));
    u1 = f32x4.add(u1, f32x4.mul(weight, high));
  }
  storeSum(sums, s0, s1);
  storeSum(sums + size, t0, t1);
  storeSum(sums + 2 * size, u0, u1);
}
