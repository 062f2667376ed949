import { HALF_SCALE, packQueries, sliceScores } from "./attention-scores";
import { exp1, exp4 } from "./exp";
import { firstLanes, largestScore, tileOf, weighScores } from "./attention-slices";
import { address, float, word } from "./words";

const SLICE: i32 = 32;
const LOWEST: f32 = -3.0e38;

/**
 * Scores of sampled queries of a step against a layer's keys, and what their softmax needs of each slice of positions.
 * An item is a slice for one KV head: all sampled rows, and all heads that share the keys.
 *
 * Words: addresses of the queries [tokens, heads + 2 * kvHeads, headDim] f32, of the cache, of the scores
 * [rows, heads, slices, 32] f32, and of the statistics [rows, heads, slices, 2] f32; position; heads, KV heads, head
 * dimension; f32 scale of scores; slices of a row; first token, stride and number of sampled rows.
 */
export function attentionRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const kvHeads = word(args, 6);
  const position = word(args, 4);
  const first = word(args, 10);
  const stride = word(args, 11);
  const rows = word(args, 12);
  for (let item = start; item < end; item++) {
    const slice = item / kvHeads;
    for (let row = 0; row < rows; row++) {
      const token = first + row * stride;
      const count = min(SLICE, position + token + 1 - slice * SLICE);
      if (count > 0) scoreRow(args, row, token, slice, item % kvHeads, count, scratch);
    }
  }
}

/** One row's scores of one slice. @param count positions of the slice that the row sees */
function scoreRow(
  args: usize,
  row: i32,
  token: i32,
  slice: i32,
  kvHead: i32,
  count: i32,
  scratch: usize,
): void {
  const heads = word(args, 5);
  const kvHeads = word(args, 6);
  const dim = word(args, 7);
  const slices = word(args, 9);
  const group = heads / kvHeads;
  const stride = (<usize>(2 * kvHeads * dim)) << 1;
  const keys = address(args, 1) + <usize>(slice * SLICE) * stride + ((<usize>(kvHead * dim)) << 1);
  const queries = scratch + 16 * SLICE;
  for (let h = 0; h < group;) {
    const tile = tileOf(group - h);
    const head = kvHead * group + h;
    const from = (<usize>((token * (heads + 2 * kvHeads) + head) * dim)) << 2;
    packQueries(address(args, 0) + from, tile, dim, float(args, 8) * HALF_SCALE, queries);
    sliceScores(tile, queries, dim, keys, stride, count, scratch);
    for (let i = 0; i < tile; i++) {
      const scores = scratch + ((<usize>(i * SLICE)) << 2);
      const place = <usize>((row * heads + head + i) * slices + slice);
      memory.copy(address(args, 2) + place * SLICE * 4, scores, (<usize>count) << 2);
      const largest = largestScore(scores, count);
      const stats = address(args, 3) + (place << 3);
      store<f32>(stats, largest);
      store<f32>(stats, weighScores(scores, count, largest, 1), 4);
    }
    h += tile;
  }
}

/**
 * Attention weights of sampled queries from their scores: the softmax over positions, averaged over each group of
 * heads. An item is a row and a group of heads.
 *
 * Words: addresses of scores and statistics as `attentionRows` leaves them, and of the layer's weights
 * [rows, groups, slices, 32] f32; position; heads, groups; slices of a row; first token and stride of the sampled rows;
 * slices of the step.
 */
export function attentionRowsMean(args: usize, start: i32, end: i32, scratch: usize): void {
  const heads = word(args, 4);
  const groups = word(args, 5);
  const slices = word(args, 6);
  const shared = heads / groups;
  for (let item = start; item < end; item++) {
    const row = item / groups;
    const seen = word(args, 3) + word(args, 7) + row * word(args, 8) + 1;
    const weights = address(args, 2) + <usize>(item * slices * SLICE * 4);
    memory.fill(weights, 0, <usize>(word(args, 9) * SLICE * 4));
    for (let h = 0; h < shared; h++) {
      const place = <usize>((row * heads + (item % groups) * shared + h) * slices);
      const stats = address(args, 1) + (place << 3);
      addWeights(weights, address(args, 0) + place * SLICE * 4, stats, seen);
    }
    const share = f32x4.splat(1 / <f32>shared);
    for (let at = weights; at < weights + ((<usize>seen) << 2); at += 16)
      v128.store(at, f32x4.mul(v128.load(at), share));
  }
}

/** Adds the softmax of the first `seen` scores of one head. Whatever is behind them is left out. */
function addWeights(weights: usize, scores: usize, stats: usize, seen: i32): void {
  const slices = (seen + SLICE - 1) / SLICE;
  let largest: f32 = LOWEST;
  for (let s = 0; s < slices; s++) largest = max(largest, load<f32>(stats + ((<usize>s) << 3)));
  let sum: f32 = 0;
  for (let s = 0; s < slices; s++) {
    const at = stats + ((<usize>s) << 3);
    sum += load<f32>(at, 4) * exp1(load<f32>(at) - largest);
  }
  const inverse = f32x4.splat(1 / sum);
  for (let i = 0; i < seen; i += 4) {
    const at = (<usize>i) << 2;
    const all = exp4(f32x4.sub(v128.load(scores + at), f32x4.splat(largest)));
    const mine = v128.and(f32x4.mul(all, inverse), firstLanes(seen - i));
    v128.store(weights + at, f32x4.add(v128.load(weights + at), mine));
  }
}
