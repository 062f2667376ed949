import { exp1 } from "./exp";
import { largestScore, scaleRow, weighScores } from "./attention-slices";
import { BLOCK, packKeys, packValues, tileScores, tileValues } from "./attention-tiles";
import { address, float, word } from "./words";

const LOWEST: f32 = -3.0e38;

// The memory of an item's rows. Row token * group + head is a query in one head; rows are filled up to a multiple of
// four. Each thread has its own instance of the module, and so these variables of its own.

/** [rows, dim] f32 */
let queries: usize = 0;
/** [rows, dim] f32, weighted sums of values */
let sums: usize = 0;
/** [rows] f32 each: the largest score, the sum of weights, and what earlier sums have to be multiplied by. */
let largest: usize = 0;
let totals: usize = 0;
let shrink: usize = 0;
/** [4, BLOCK] f32 */
let scores: usize = 0;
/** A block of positions, as attention-tiles.ts packs it. */
let keys: usize = 0;
let values: usize = 0;

function layOut(scratch: usize, rows: i32, dim: i32): void {
  const size = (<usize>dim) << 2;
  queries = scratch;
  sums = queries + <usize>rows * size;
  largest = sums + <usize>rows * size;
  totals = largest + ((<usize>rows) << 2);
  shrink = totals + ((<usize>rows) << 2);
  scores = shrink + ((<usize>rows) << 2);
  keys = scores + 16 * BLOCK;
  values = keys + BLOCK * size;
  memory.fill(queries, 0, scores - queries);
  for (let row = 0; row < rows; row++) store<f32>(largest + ((<usize>row) << 2), LOWEST);
}

/**
 * Turns the scores of a row in a block into weights, which are 0 for positions that the row does not see.
 *
 * @param seen how many of the block's positions the row sees
 * @param count for how many the weights are needed
 */
function weighRow(row: i32, seen: i32, count: i32): void {
  const place = scores + ((<usize>((row & 3) * BLOCK)) << 2);
  const at = (<usize>row) << 2;
  store<f32>(shrink + at, 1);
  const known = (max(seen, 0) + 3) & -4;
  if (known < count) memory.fill(place + ((<usize>known) << 2), 0, (<usize>(count - known)) << 2);
  if (seen <= 0) return;
  const before = load<f32>(largest + at);
  const top = max(before, largestScore(place, seen));
  const factor = exp1(before - top);
  store<f32>(largest + at, top);
  store<f32>(shrink + at, factor);
  store<f32>(totals + at, load<f32>(totals + at) * factor + weighScores(place, seen, top, 1));
}

/** Divides the sums of a row by its sum of weights. A zero loses its sign, which may come from what is not seen. */
function storeRow(row: i32, to: usize, dim: i32): void {
  const size = (<usize>dim) << 2;
  const from = sums + <usize>row * size;
  const inverse = f32x4.splat(1 / load<f32>(totals + ((<usize>row) << 2)));
  for (let at: usize = 0; at < size; at += 16)
    v128.store(to + at, f32x4.add(f32x4.mul(v128.load(from + at), inverse), f32x4.splat(0)));
}

/**
 * Attention of many queries. An item is a block of tokens for one KV head, and all heads that share it. It goes through
 * the positions from 0 in blocks of the same size, so that a row depends on nothing but its position.
 *
 * Words: addresses of the queries [tokens, rowHeads, headDim] f32, of the cache, and of the result [tokens, heads,
 * headDim] f32; position, tokens; heads, KV heads, heads in a row of queries, head dimension; f32 scale of scores;
 * tokens of an item.
 */
export function attentionBlocks(args: usize, start: i32, end: i32, scratch: usize): void {
  const qkv = address(args, 0);
  const y = address(args, 2);
  const tokens = word(args, 4);
  const heads = word(args, 5);
  const kvHeads = word(args, 6);
  const rowHeads = word(args, 7);
  const dim = word(args, 8);
  const scale = float(args, 9);
  const taken = word(args, 10);
  const group = heads / kvHeads;
  for (let item = start; item < end; item++) {
    const kvHead = item % kvHeads;
    const token = (item / kvHeads) * taken;
    const own = min(taken, tokens - token);
    layOut(scratch, (own * group + 3) & -4, dim);
    const size = (<usize>dim) << 2;
    for (let t = 0; t < own; t++) {
      const from = qkv + <usize>((token + t) * rowHeads + kvHead * group) * size;
      scaleRow(from, queries + <usize>(t * group) * size, group * dim, scale);
    }
    attendBlocks(args, kvHead, word(args, 3) + token, own);
    for (let row = 0; row < own * group; row++) {
      const to = (token + row / group) * heads + kvHead * group + (row % group);
      storeRow(row, y + <usize>to * size, dim);
    }
  }
}

/** Goes through all positions that the item's tokens see. @param position of its first token */
function attendBlocks(args: usize, kvHead: i32, position: i32, tokens: i32): void {
  const kvHeads = word(args, 6);
  const dim = word(args, 8);
  const group = word(args, 5) / kvHeads;
  const side = (<usize>(kvHeads * dim)) << 1;
  const cache = address(args, 1) + ((<usize>(kvHead * dim)) << 1);
  const size = (<usize>dim) << 2;
  for (let first = 0; first < position + tokens; first += BLOCK) {
    const block = min(BLOCK, position + tokens - first);
    const rows = cache + <usize>first * 2 * side;
    packKeys(rows, 2 * side, block, dim, keys);
    packValues(rows + side, 2 * side, block, dim, values);
    for (let row = 0; row < tokens * group; row += 4) {
      const seen = position + 1 - first;
      const count = min(block, seen + (row + 3) / group);
      if (count <= 0) continue;
      tileScores(queries + <usize>row * size, keys, count, dim, scores);
      for (let i = row; i < row + 4; i++) weighRow(i, min(count, seen + i / group), count);
      const to = sums + <usize>row * size;
      tileValues(scores, values, count, dim, to, shrink + ((<usize>row) << 2));
    }
  }
}
