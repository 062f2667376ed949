import { HALF_SCALE, packQueries, sliceScores } from "./attention-scores";
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

/** The largest of the four lanes, none of which may be NaN. */
function largestLane(values: v128): f32 {
  const halves = f32x4.pmax(values, v128.shuffle<f32>(values, values, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(halves, v128.shuffle<f32>(halves, halves, 1, 0, 3, 2)), 0);
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

/** The largest of the first `count` scores, without those that are NaN. They are read in fours. */
export function largestScore(scores: usize, count: i32): f32 {
  let largest = f32x4.splat(LOWEST);
  const last = scores + (((<usize>(count - 1)) & ~3) << 2);
  for (let at = scores; at < last; at += 16) largest = f32x4.pmax(largest, v128.load(at));
  const known = firstLanes(((count - 1) & 3) + 1);
  const four = v128.bitselect(v128.load(last), f32x4.splat(LOWEST), known);
  return largestLane(f32x4.pmax(largest, four));
}

/**
 * Makes weights of scores: factor * e^(score - largest), and 0 past `count`, up to the next multiple of four.
 *
 * @param count at least 1
 * @returns the sum of the weights, without the factor
 */
export function weighScores(scores: usize, count: i32, largest: f32, factor: f32): f32 {
  let sum = f32x4.splat(0);
  const top = f32x4.splat(largest);
  const times = f32x4.splat(factor);
  const last = scores + (((<usize>(count - 1)) & ~3) << 2);
  for (let at = scores; at < last; at += 16) {
    const weights = exp4(f32x4.sub(v128.load(at), top));
    sum = f32x4.add(sum, weights);
    v128.store(at, f32x4.mul(weights, times));
  }
  const known = firstLanes(((count - 1) & 3) + 1);
  const weights = v128.and(exp4(f32x4.sub(v128.load(last), top)), known);
  v128.store(last, f32x4.mul(weights, times));
  return sumOfLanes(f32x4.add(sum, weights));
}

/**
 * Attention of one query in slices of positions. An item is a slice, for all heads.
 *
 * Words: addresses of the query [heads, headDim] f32, of the cache, of the sums and of the statistics; position; heads,
 * KV heads, head dimension; f32 scale of scores.
 */
export function attentionSlices(args: usize, start: i32, end: i32, scratch: usize): void {
  const context = word(args, 4) + 1;
  const kvHeads = word(args, 6);
  const row = (<usize>word(args, 7)) << 1;
  const rows = scratch;
  const own = scratch + <usize>(2 * kvHeads * SLICE) * row;
  for (let slice = start; slice < end; slice++) {
    const count = min(SLICE, context - slice * SLICE);
    const from = address(args, 1) + <usize>(slice * SLICE * 2 * kvHeads) * row;
    gatherRows(from, 2 * kvHeads, count, row, rows);
    for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
      const keys = rows + <usize>(kvHead * SLICE) * row;
      attendSlice(args, slice, kvHead, count, keys, own);
    }
  }
}

/**
 * Copies a slice of the cache, so that the rows of a head are next to each other: [2 * kvHeads, SLICE, headDim] f16. It
 * is read from its beginning to its end, which is what memory is fast at, and a power of two between rows does no harm.
 */
function gatherRows(from: usize, heads: i32, count: i32, bytes: usize, to: usize): void {
  for (let position: usize = 0; position < <usize>count; position++)
    for (let head: usize = 0; head < <usize>heads; head++) {
      const row = to + (head * SLICE + position) * bytes;
      for (let at: usize = 0; at < bytes; at += 16) v128.store(row + at, v128.load(from + at));
      from += bytes;
    }
}

/** The heads that share one KV head. @param keys as `gatherRows` leaves them */
function attendSlice(
  args: usize,
  slice: i32,
  kvHead: i32,
  count: i32,
  keys: usize,
  scratch: usize,
): void {
  const heads = word(args, 5);
  const kvHeads = word(args, 6);
  const dim = word(args, 7);
  const row = (<usize>dim) << 1;
  const values = keys + <usize>(kvHeads * SLICE) * row;
  const queries = scratch + TILE * SLICE * 4;
  const last = (kvHead + 1) * (heads / kvHeads);
  for (let head = kvHead * (heads / kvHeads); head < last;) {
    const tile = tileOf(last - head);
    const query = address(args, 0) + ((<usize>(head * dim)) << 2);
    packQueries(query, tile, dim, float(args, 8) * HALF_SCALE, queries);
    sliceScores(tile, queries, dim, keys, row, count, scratch);
    const place = slice * heads + head;
    for (let i = 0; i < tile; i++) {
      const scores = scratch + ((<usize>(i * SLICE)) << 2);
      const largest = largestScore(scores, count);
      const to = address(args, 3) + ((<usize>(place + i)) << 3);
      store<f32>(to, largest);
      store<f32>(to, weighScores(scores, count, largest, HALF_SCALE), 4);
    }
    const sums = address(args, 2) + ((<usize>(place * dim)) << 2);
    sliceValues(tile, scratch, dim, values, row, count, sums);
    head += tile;
  }
}
