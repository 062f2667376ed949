/**
 * @file Scores of one query in each of some heads against a slice of the cached keys that these heads share.
 *
 * An f16 that is moved into an f32's place, without a correction of its exponent, is too small by 2^112. Queries are
 * given times 2^56, and scores are multiplied by the rest, so that widening a key takes three instructions and
 * no number on the way is too large or too small for an f32.
 */

/** Bits of an f32 that can come from an f16: its sign, five of the exponent, and ten of the mantissa. */
const PLACES: i32 = 0x8fffffff;
/** What queries and weights of values are multiplied by, and then their sums: 2^56 each. */
export const HALF_SCALE: f32 = 72057594037927936;

/** Four consecutive f16 as f32, divided by 2^112. */
export function smallFloats(at: usize): v128 {
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
 * Scores of 1 to 4 heads, for at most 32 positions. Those of positions past `count`, up to the next multiple of 4,
 * have no meaning.
 *
 * @param heads how many
 * @param queries [heads, dim] f32, times 2^56
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
  const end = queries + ((<usize>dim) << 2);
  for (let position = 0; position < count; position += 4) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let k2 = keyAt(keys, stride, position + 2, count);
    let k3 = keyAt(keys, stride, position + 3, count);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let q = queries; q < end; q += 16) {
      const query = v128.load(q);
      s0 = f32x4.add(s0, f32x4.mul(query, smallFloats(k0)));
      s1 = f32x4.add(s1, f32x4.mul(query, smallFloats(k1)));
      s2 = f32x4.add(s2, f32x4.mul(query, smallFloats(k2)));
      s3 = f32x4.add(s3, f32x4.mul(query, smallFloats(k3)));
      k0 += 8;
      k1 += 8;
      k2 += 8;
      k3 += 8;
    }
    storeScores(scores + ((<usize>position) << 2), sumsOfLanes(s0, s1, s2, s3));
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
  const size = (<usize>dim) << 2;
  for (let position = 0; position < count; position += 4) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let k2 = keyAt(keys, stride, position + 2, count);
    let k3 = keyAt(keys, stride, position + 3, count);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let t0 = s0;
    let t1 = s0;
    let t2 = s0;
    let t3 = s0;
    for (let q = queries; q < queries + size; q += 16) {
      const a = v128.load(q);
      const b = v128.load(q + size);
      let key = smallFloats(k0);
      s0 = f32x4.add(s0, f32x4.mul(a, key));
      t0 = f32x4.add(t0, f32x4.mul(b, key));
      key = smallFloats(k1);
      s1 = f32x4.add(s1, f32x4.mul(a, key));
      t1 = f32x4.add(t1, f32x4.mul(b, key));
      key = smallFloats(k2);
      s2 = f32x4.add(s2, f32x4.mul(a, key));
      t2 = f32x4.add(t2, f32x4.mul(b, key));
      key = smallFloats(k3);
      s3 = f32x4.add(s3, f32x4.mul(a, key));
      t3 = f32x4.add(t3, f32x4.mul(b, key));
      k0 += 8;
      k1 += 8;
      k2 += 8;
      k3 += 8;
    }
    const place = scores + ((<usize>position) << 2);
    storeScores(place, sumsOfLanes(s0, s1, s2, s3));
    storeScores(place + 128, sumsOfLanes(t0, t1, t2, t3));
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
  const size = (<usize>dim) << 2;
  for (let position = 0; position < count; position += 2) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let t0 = s0;
    let t1 = s0;
    let u0 = s0;
    let u1 = s0;
    for (let q = queries; q < queries + size; q += 16) {
      const a = v128.load(q);
      const b = v128.load(q + size);
      const c = v128.load(q + 2 * size);
      let key = smallFloats(k0);
      s0 = f32x4.add(s0, f32x4.mul(a, key));
      t0 = f32x4.add(t0, f32x4.mul(b, key));
      u0 = f32x4.add(u0, f32x4.mul(c, key));
      key = smallFloats(k1);
      s1 = f32x4.add(s1, f32x4.mul(a, key));
      t1 = f32x4.add(t1, f32x4.mul(b, key));
      u1 = f32x4.add(u1, f32x4.mul(c, key));
      k0 += 8;
      k1 += 8;
    }
    storePairs(scores + ((<usize>position) << 2), sumsOfLanes(s0, s1, t0, t1));
    v128.store64_lane(
      scores + 256 + ((<usize>position) << 2),
      scaled(sumsOfLanes(u0, u1, u0, u1)),
      0,
    );
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
  const size = (<usize>dim) << 2;
  for (let position = 0; position < count; position += 2) {
    let k0 = keyAt(keys, stride, position, count);
    let k1 = keyAt(keys, stride, position + 1, count);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let t0 = s0;
    let t1 = s0;
    let u0 = s0;
    let u1 = s0;
    let v0 = s0;
    let v1 = s0;
    for (let q = queries; q < queries + size; q += 16) {
      const a = v128.load(q);
      const b = v128.load(q + size);
      const c = v128.load(q + 2 * size);
      const d = v128.load(q + 3 * size);
      let key = smallFloats(k0);
      s0 = f32x4.add(s0, f32x4.mul(a, key));
      t0 = f32x4.add(t0, f32x4.mul(b, key));
      u0 = f32x4.add(u0, f32x4.mul(c, key));
      v0 = f32x4.add(v0, f32x4.mul(d, key));
      key = smallFloats(k1);
      s1 = f32x4.add(s1, f32x4.mul(a, key));
      t1 = f32x4.add(t1, f32x4.mul(b, key));
      u1 = f32x4.add(u1, f32x4.mul(c, key));
      v1 = f32x4.add(v1, f32x4.mul(d, key));
      k0 += 8;
      k1 += 8;
    }
    const place = scores + ((<usize>position) << 2);
    storePairs(place, sumsOfLanes(s0, s1, t0, t1));
    storePairs(place + 256, sumsOfLanes(u0, u1, v0, v1));
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
