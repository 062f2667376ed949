/**
 * @file Products of a block of queries with a block of positions, in tiles of four rows. A row is a query in one head.
 * Each number is a sum in the order of channels or positions, whatever else is in the block.
 */

import { highFloats, lowFloats } from "./attention-scores";

/** Positions of a block. */
export const BLOCK: i32 = 64;

/** The bits of what `lowFloats` and `highFloats` are too small by: 2^112. */
const CORRECTION: u32 = 0x77800000;

function storeColumns(at: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(at, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(at, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(at, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 64);
  v128.store(at, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 96);
}

/** Widens eight channels of four positions, and stores each channel's four numbers, 32 bytes apart. */
function turnChannels(at: usize, k0: v128, k1: v128, k2: v128, k3: v128): void {
  const scale = f32x4.splat(reinterpret<f32>(CORRECTION));
  storeColumns(
    at,
    f32x4.mul(lowFloats(k0), scale),
    f32x4.mul(lowFloats(k1), scale),
    f32x4.mul(lowFloats(k2), scale),
    f32x4.mul(lowFloats(k3), scale),
  );
  storeColumns(
    at + 128,
    f32x4.mul(highFloats(k0), scale),
    f32x4.mul(highFloats(k1), scale),
    f32x4.mul(highFloats(k2), scale),
    f32x4.mul(highFloats(k3), scale),
  );
}

/**
 * Widens keys, and turns them so that eight positions lie next to each other.
 *
 * @param keys f16, those of a position `stride` bytes behind those of the one before
 * @param count positions. Up to the next multiple of eight, the last one is repeated
 * @param packed [positions / 8, dim, 8] f32
 */
export function packKeys(keys: usize, stride: usize, count: i32, dim: i32, packed: usize): void {
  const bytes = (<usize>dim) << 1;
  for (let position = 0; position < count; position += 8)
    for (let half = 0; half < 8; half += 4) {
      const k0 = keys + <usize>min(position + half, count - 1) * stride;
      const k1 = keys + <usize>min(position + half + 1, count - 1) * stride;
      const k2 = keys + <usize>min(position + half + 2, count - 1) * stride;
      const k3 = keys + <usize>min(position + half + 3, count - 1) * stride;
      let to = packed + ((<usize>(position * dim + half)) << 2);
      for (let at: usize = 0; at < bytes; at += 16) {
        turnChannels(
          to,
          v128.load(k0 + at),
          v128.load(k1 + at),
          v128.load(k2 + at),
          v128.load(k3 + at),
        );
        to += 256;
      }
    }
}

/**
 * Widens values, and orders them by eights of channels.
 *
 * @param values f16, those of a position `stride` bytes behind those of the one before
 * @param packed [dim / 8, BLOCK, 8] f32
 */
export function packValues(
  values: usize,
  stride: usize,
  count: i32,
  dim: i32,
  packed: usize,
): void {
  const scale = f32x4.splat(reinterpret<f32>(CORRECTION));
  for (let position: usize = 0; position < <usize>count; position++) {
    const from = values + position * stride;
    let to = packed + (position << 5);
    for (let at: usize = 0; at < (<usize>dim) << 1; at += 16) {
      const halves = v128.load(from + at);
      v128.store(to, f32x4.mul(lowFloats(halves), scale));
      v128.store(to, f32x4.mul(highFloats(halves), scale), 16);
      to += (<usize>BLOCK) << 5;
    }
  }
}

/**
 * Scores of four rows.
 *
 * @param queries [4, dim] f32
 * @param keys as `packKeys` packs them
 * @param count positions, computed up to the next multiple of eight
 * @param scores [4, BLOCK] f32
 */
export function tileScores(queries: usize, keys: usize, count: i32, dim: i32, scores: usize): void {
  const size = (<usize>dim) << 2;
  let k = keys;
  for (let position = 0; position < count; position += 8) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let q = queries; q < queries + size; q += 4) {
      const low = v128.load(k);
      const high = v128.load(k, 16);
      let query = v128.load32_splat(q);
      a0 = f32x4.add(a0, f32x4.mul(query, low));
      a1 = f32x4.add(a1, f32x4.mul(query, high));
      query = v128.load32_splat(q + size);
      b0 = f32x4.add(b0, f32x4.mul(query, low));
      b1 = f32x4.add(b1, f32x4.mul(query, high));
      query = v128.load32_splat(q + 2 * size);
      c0 = f32x4.add(c0, f32x4.mul(query, low));
      c1 = f32x4.add(c1, f32x4.mul(query, high));
      query = v128.load32_splat(q + 3 * size);
      d0 = f32x4.add(d0, f32x4.mul(query, low));
      d1 = f32x4.add(d1, f32x4.mul(query, high));
      k += 32;
    }
    const place = scores + ((<usize>position) << 2);
    v128.store(place, a0);
    v128.store(place, a1, 16);
    v128.store(place, b0, 4 * BLOCK);
    v128.store(place, b1, 4 * BLOCK + 16);
    v128.store(place, c0, 8 * BLOCK);
    v128.store(place, c1, 8 * BLOCK + 16);
    v128.store(place, d0, 12 * BLOCK);
    v128.store(place, d1, 12 * BLOCK + 16);
  }
}

/**
 * Multiplies the sums of four rows by a number each, and adds weighted values to them.
 *
 * @param weights [4, BLOCK] f32
 * @param values as `packValues` packs them
 * @param count positions
 * @param sums [4, dim] f32
 * @param shrink [4] f32
 */
export function tileValues(
  weights: usize,
  values: usize,
  count: i32,
  dim: i32,
  sums: usize,
  shrink: usize,
): void {
  const size = (<usize>dim) << 2;
  const end = weights + ((<usize>count) << 2);
  for (let channel: usize = 0; channel < <usize>dim; channel += 8) {
    const sum = sums + (channel << 2);
    let factor = v128.load32_splat(shrink);
    let a0 = f32x4.mul(v128.load(sum), factor);
    let a1 = f32x4.mul(v128.load(sum, 16), factor);
    factor = v128.load32_splat(shrink, 4);
    let b0 = f32x4.mul(v128.load(sum + size), factor);
    let b1 = f32x4.mul(v128.load(sum + size, 16), factor);
    factor = v128.load32_splat(shrink, 8);
    let c0 = f32x4.mul(v128.load(sum + 2 * size), factor);
    let c1 = f32x4.mul(v128.load(sum + 2 * size, 16), factor);
    factor = v128.load32_splat(shrink, 12);
    let d0 = f32x4.mul(v128.load(sum + 3 * size), factor);
    let d1 = f32x4.mul(v128.load(sum + 3 * size, 16), factor);
    let v = values + channel * BLOCK * 4;
    for (let w = weights; w < end; w += 4) {
      const low = v128.load(v);
      const high = v128.load(v, 16);
      let weight = v128.load32_splat(w);
      a0 = f32x4.add(a0, f32x4.mul(weight, low));
      a1 = f32x4.add(a1, f32x4.mul(weight, high));
      weight = v128.load32_splat(w, 4 * BLOCK);
      b0 = f32x4.add(b0, f32x4.mul(weight, low));
      b1 = f32x4.add(b1, f32x4.mul(weight, high));
      weight = v128.load32_splat(w, 8 * BLOCK);
      c0 = f32x4.add(c0, f32x4.mul(weight, low));
      c1 = f32x4.add(c1, f32x4.mul(weight, high));
      weight = v128.load32_splat(w, 12 * BLOCK);
      d0 = f32x4.add(d0, f32x4.mul(weight, low));
      d1 = f32x4.add(d1, f32x4.mul(weight, high));
      v += 32;
    }
    v128.store(sum, a0);
    v128.store(sum, a1, 16);
    v128.store(sum + size, b0);
    v128.store(sum + size, b1, 16);
    v128.store(sum + 2 * size, c0);
    v128.store(sum + 2 * size, c1, 16);
    v128.store(sum + 3 * size, d0);
    v128.store(sum + 3 * size, d1, 16);
  }
}
