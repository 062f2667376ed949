import { HALF_SCALE, sliceScores } from "./attention-scores";
import { sliceValues } from "./attention-values";
import { exp4 } from "./exp";
import { address, float, word } from "./words";

/** Positions of a slice. */
const SLICE: i32 = 32;
/** Heads whose scores are computed together at most. */
const TILE: i32 = 4;
const LOWEST: f32 = -3.0e38;

/** How many of the heads that are left are taken together, so that the last ones are not much fewer. */
export function tileOf(left: i32): i32 {
  const tiles = (left + TILE - 1) / TILE;
  return (left + tiles - 1) / tiles;
}

/** Multiplies f32 by a number, four at a time. */
export function scaleRow(from: usize, to: usize, count: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  const end = from + ((<usize>count) << 2);
  for (let at = from; at < end; at += 16) {
    v128.store(to, f32x4.mul(v128.load(at), factor));
    to += 16;
  }
}

/** The largest of the four lanes. */
export function largestLane(values: v128): f32 {
  const halves = f32x4.max(values, v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(halves, v128.shuffle<f32>(halves, halves, 1, 0, 3, 2)), 0);
}

/** The sum of the four lanes. */
export function sumOfLanes(values: v128): f32 {
  const halves = f32x4.add(values, v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

/** In each lane whether it is one of the first `count`. */
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The largest of the first `count` scores. They are read in fours. */
export function largestScore(scores: usize, count: i32): f32 {
  let largest = f32x4.splat(LOWEST);
  for (let i = 0; i < count; i += 4) {
    const four = v128.load(scores + ((<usize>i) << 2));
    largest = f32x4.max(largest, v128.bitselect(four, f32x4.splat(LOWEST), firstLanes(count - i)));
  }
  return largestLane(largest);
}

/**
 * Makes weights of scores: factor * e^(score - largest), and 0 past `count`, up to the next multiple of four.
 *
 * @returns the sum of the weights, without the factor
 */
export function weighScores(scores: usize, count: i32, largest: f32, factor: f32): f32 {
  let sum = f32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const at = scores + ((<usize>i) << 2);
    const all = exp4(f32x4.sub(v128.load(at), f32x4.splat(largest)));
    const weights = v128.and(all, firstLanes(count - i));
    sum = f32x4.add(sum, weights);
    v128.store(at, f32x4.mul(weights, f32x4.splat(factor)));
  }
  return sumOfLanes(sum);
}

/**
 * Attention of one query in slices of positions. An item is a slice for one KV head, and all heads that share it.
 *
 * Words: addresses of the query [heads, headDim] f32, of the cache, of the sums and of the statistics; position; heads,
 * KV heads, head dimension; f32 scale of scores.
 */
export function attentionSlices(args: usize, start: i32, end: i32, scratch: usize): void {
  const qkv = address(args, 0);
  const cache = address(args, 1);
  const sums = address(args, 2);
  const stats = address(args, 3);
  const context = word(args, 4) + 1;
  const heads = word(args, 5);
  const kvHeads = word(args, 6);
  const dim = word(args, 7);
  const scale = float(args, 8) * HALF_SCALE;
  const group = heads / kvHeads;
  const side = (<usize>(kvHeads * dim)) << 1;
  const queries = scratch + TILE * SLICE * 4;
  for (let item = start; item < end; item++) {
    const slice = item / kvHeads;
    const kvHead = item % kvHeads;
    const first = slice * SLICE;
    const count = min(SLICE, context - first);
    const keys = cache + <usize>first * 2 * side + ((<usize>(kvHead * dim)) << 1);
    for (let h = 0; h < group;) {
      const tile = tileOf(group - h);
      const head = kvHead * group + h;
      scaleRow(qkv + ((<usize>(head * dim)) << 2), queries, tile * dim, scale);
      sliceScores(tile, queries, dim, keys, 2 * side, count, scratch);
      const row = slice * heads + head;
      for (let i = 0; i < tile; i++) {
        const scores = scratch + ((<usize>(i * SLICE)) << 2);
        const largest = largestScore(scores, count);
        const place = stats + ((<usize>(row + i)) << 3);
        store<f32>(place, largest);
        store<f32>(place, weighScores(scores, count, largest, HALF_SCALE), 4);
      }
      const place = sums + ((<usize>(row * dim)) << 2);
      sliceValues(tile, scratch, dim, keys + side, 2 * side, count, place);
      h += tile;
    }
  }
}
