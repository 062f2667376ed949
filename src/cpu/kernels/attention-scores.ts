/**
 * @file Scores of one query in each of some heads against a slice of the cached keys that these heads share.
 *
 * An f16 that is moved into an f32's place, without a correction of its exponent, is too small by 2^112. Queries are
 * given times 2^56, and scores are multiplied by the rest, so that widening eight numbers takes five instructions, and
 * no number on the way is too large or too small for an f32.
 */

/** What queries and weights of values are multiplied by, and then their sums: 2^56 each. */
export const HALF_SCALE: f32 = 72057594037927936;

/** Of eight f16 the upper halves of f32 that are smaller by 2^112: sign, five bits of exponent, seven of the rest. */
function upperHalves(halves: v128): v128 {
  return v128.and(i16x8.shr_s(halves, 3), i16x8.splat(<i16>0x8fff));
}

/** The first four of eight f16 as f32, divided by 2^112. */
export function lowFloats(halves: v128): v128 {
  const upper = upperHalves(halves);
  return v128.shuffle<i16>(i16x8.shl(halves, 13), upper, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four of eight f16 as f32, divided by 2^112. */
export function highFloats(halves: v128): v128 {
  const upper = upperHalves(halves);
  return v128.shuffle<i16>(i16x8.shl(halves, 13), upper, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Bits of an f32 that can come from an f16: its sign, five of the exponent, and ten of the mantissa. */
const PLACES: i32 = 0x8fffffff;

/** Four consecutive f16 as f32, divided by 2^112. */
function fourFloats(at: usize): v128 {
  return v128.and(i32x4.shl(v128.load_ext<i16>(at), 13), i32x4.splat(PLACES));
}

/** The sums of the lanes of each of four vectors. */
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Where the key of a position begins. Behind the last one it is the last one again, which is never read past. */
function keyAt(keys: usize, stride: usize, position: i32, count: i32): usize {
  return keys + <usize>min(position, count - 1) * stride;
}

/**
 * Multiplies queries by a number, and puts four channels of all heads next to each other: [dim / 4, heads, 4].
 *
 * @param queries [heads, dim] f32
 */
export function packQueries(queries: usize, heads: i32, dim: i32, scale: f32, packed: usize): void {
  const factor = f32x4.splat(scale);
  const size = (<usize>dim) << 2;
  let to = packed;
  for (let at: usize = 0; at < size; at += 16)
    for (let head: usize = 0; head < <usize>heads; head++) {
      v128.store(to, f32x4.mul(v128.load(queries + head * size + at), factor));
      to += 16;
    }
}

/**
 * Scores of 1 to 4 heads, for at most 32 positions. Those of positions past `count`, up to the next multiple of 4,
 * have no meaning.
 *
 * @param heads how many
 * @param queries as `packQueries` orders them, times 2^56
 * @param keys f16, those of a position `stride` bytes behind those of the one before
 * @param scores [heads, 32] f32
 */
export function sliceScores(
  heads: i32,
  queries: usize,
  dim: i32,
  keys: usize,
  stride: usize,
  count: i32,
  scores: usize,
): void {
  if (heads == 4) scoresOfFour(queries, dim, keys, stride, count, scores);
  else if (heads == 3) scoresOfThree(queries, dim, keys, stride, count, scores);
  else if (heads == 2) scoresOfTwo(queries, dim, keys, stride, count, scores);
  else scoresOfOne(queries, dim, keys, stride, count, scores);
}

function scoresOfOne(
  queries: usize,
  dim: i32,
  keys: usize,
  stride: usize,
  count: i32,
  scores: usize,
): void {
  const end = queries + <usize>(1 * dim * 4);
  for (let position = 0; position < count; position += 4) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let k2 = keyAt(keys, stride, position + 2, count);
    let k3 = keyAt(keys, stride, position + 3, count);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (let q = queries; q < end; q += 32) {
      const h0 = v128.load(k0);
      k0 += 16;
      const h1 = v128.load(k1);
      k1 += 16;
      const h2 = v128.load(k2);
      k2 += 16;
      const h3 = v128.load(k3);
      k3 += 16;
      let f0 = lowFloats(h0);
      let f1 = lowFloats(h1);
      let f2 = lowFloats(h2);
      let f3 = lowFloats(h3);
      let query = v128.load(q);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      a2 = f32x4.add(a2, f32x4.mul(query, f2));
      a3 = f32x4.add(a3, f32x4.mul(query, f3));
      f0 = highFloats(h0);
      f1 = highFloats(h1);
      f2 = highFloats(h2);
      f3 = highFloats(h3);
      query = v128.load(q, 16);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      a2 = f32x4.add(a2, f32x4.mul(query, f2));
      a3 = f32x4.add(a3, f32x4.mul(query, f3));
    }
    storeScores(scores + ((<usize>position) << 2), sumsOfLanes(a0, a1, a2, a3));
  }
}

function scoresOfTwo(
  queries: usize,
  dim: i32,
  keys: usize,
  stride: usize,
  count: i32,
  scores: usize,
): void {
  const end = queries + <usize>(2 * dim * 4);
  for (let position = 0; position < count; position += 4) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let k2 = keyAt(keys, stride, position + 2, count);
    let k3 = keyAt(keys, stride, position + 3, count);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    for (let q = queries; q < end; q += 64) {
      const h0 = v128.load(k0);
      k0 += 16;
      const h1 = v128.load(k1);
      k1 += 16;
      const h2 = v128.load(k2);
      k2 += 16;
      const h3 = v128.load(k3);
      k3 += 16;
      let f0 = lowFloats(h0);
      let f1 = lowFloats(h1);
      let f2 = lowFloats(h2);
      let f3 = lowFloats(h3);
      let query = v128.load(q);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      a2 = f32x4.add(a2, f32x4.mul(query, f2));
      a3 = f32x4.add(a3, f32x4.mul(query, f3));
      query = v128.load(q, 16);
      b0 = f32x4.add(b0, f32x4.mul(query, f0));
      b1 = f32x4.add(b1, f32x4.mul(query, f1));
      b2 = f32x4.add(b2, f32x4.mul(query, f2));
      b3 = f32x4.add(b3, f32x4.mul(query, f3));
      f0 = highFloats(h0);
      f1 = highFloats(h1);
      f2 = highFloats(h2);
      f3 = highFloats(h3);
      query = v128.load(q, 32);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      a2 = f32x4.add(a2, f32x4.mul(query, f2));
      a3 = f32x4.add(a3, f32x4.mul(query, f3));
      query = v128.load(q, 48);
      b0 = f32x4.add(b0, f32x4.mul(query, f0));
      b1 = f32x4.add(b1, f32x4.mul(query, f1));
      b2 = f32x4.add(b2, f32x4.mul(query, f2));
      b3 = f32x4.add(b3, f32x4.mul(query, f3));
    }
    const place = scores + ((<usize>position) << 2);
    storeScores(place, sumsOfLanes(a0, a1, a2, a3));
    storeScores(place + 128, sumsOfLanes(b0, b1, b2, b3));
  }
}

function scoresOfThree(
  queries: usize,
  dim: i32,
  keys: usize,
  stride: usize,
  count: i32,
  scores: usize,
): void {
  const end = queries + <usize>(3 * dim * 4);
  for (let position = 0; position < count; position += 2) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    for (let q = queries; q < end; q += 48) {
      const f0 = fourFloats(k0);
      k0 += 8;
      const f1 = fourFloats(k1);
      k1 += 8;
      let query = v128.load(q);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      query = v128.load(q, 16);
      b0 = f32x4.add(b0, f32x4.mul(query, f0));
      b1 = f32x4.add(b1, f32x4.mul(query, f1));
      query = v128.load(q, 32);
      c0 = f32x4.add(c0, f32x4.mul(query, f0));
      c1 = f32x4.add(c1, f32x4.mul(query, f1));
    }
    const place = scores + ((<usize>position) << 2);
    storePairs(place, sumsOfLanes(a0, a1, b0, b1));
    v128.store64_lane(place + 256, scaled(sumsOfLanes(c0, c1, c0, c1)), 0);
  }
}

function scoresOfFour(
  queries: usize,
  dim: i32,
  keys: usize,
  stride: usize,
  count: i32,
  scores: usize,
): void {
  const end = queries + <usize>(4 * dim * 4);
  for (let position = 0; position < count; position += 2) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    let c0 = a0;
    let c1 = a0;
    let d0 = a0;
    let d1 = a0;
    for (let q = queries; q < end; q += 64) {
      const f0 = fourFloats(k0);
      k0 += 8;
      const f1 = fourFloats(k1);
      k1 += 8;
      let query = v128.load(q);
      a0 = f32x4.add(a0, f32x4.mul(query, f0));
      a1 = f32x4.add(a1, f32x4.mul(query, f1));
      query = v128.load(q, 16);
      b0 = f32x4.add(b0, f32x4.mul(query, f0));
      b1 = f32x4.add(b1, f32x4.mul(query, f1));
      query = v128.load(q, 32);
      c0 = f32x4.add(c0, f32x4.mul(query, f0));
      c1 = f32x4.add(c1, f32x4.mul(query, f1));
      query = v128.load(q, 48);
      d0 = f32x4.add(d0, f32x4.mul(query, f0));
      d1 = f32x4.add(d1, f32x4.mul(query, f1));
    }
    const place = scores + ((<usize>position) << 2);
    storePairs(place, sumsOfLanes(a0, a1, b0, b1));
    storePairs(place + 256, sumsOfLanes(c0, c1, d0, d1));
  }
}

function scaled(sums: v128): v128 {
  return f32x4.mul(sums, f32x4.splat(HALF_SCALE));
}

function storeScores(at: usize, sums: v128): void {
  v128.store(at, scaled(sums));
}

/** Stores two scores of a head, and two of the next one. */
function storePairs(at: usize, sums: v128): void {
  const scores = scaled(sums);
  v128.store64_lane(at, scores, 0);
  v128.store64_lane(at + 128, scores, 1);
}
