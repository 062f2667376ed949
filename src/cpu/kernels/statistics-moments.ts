import { loadHalves } from "./halves";
import { rotateRow } from "./rope-rows";
import { address, word } from "./words";

/** Rows that `rowMoments` writes, whatever tokens a run has. */
const RUN: usize = 128;
/** Queries that are rotated back at a time. */
const QUERIES: i32 = 256;

/**
 * Adds the second moments of a step's sampled queries, rotated back to position 0, to the sums of their layer. A quad
 * is the channels 2j, 2j + 1 and their RoPE partners. An item is a quad a of a KV head, with all quads b from a on.
 *
 * Words: addresses of the rotation [context, headDim / 2, 2] f32, of the queries [tokens, rowHeads, headDim] f32, and
 * of the layer's moments [kvHeads, quads, quads, 4, 4] f32; position; heads, KV heads, heads in a row of queries, head
 * dimension; first token, stride and number of sampled rows.
 */
export function queryMoments(args: usize, start: i32, end: i32, scratch: usize): void {
  const kvHeads = word(args, 5);
  const group = word(args, 4) / kvHeads;
  const dim = word(args, 7);
  const quads = dim / 4;
  const count = word(args, 10) * group;
  for (let item = start; item < end; item++) {
    const kvHead = item / quads;
    const a = item % quads;
    for (let first = 0; first < count; first += QUERIES) {
      const taken = min(QUERIES, count - first);
      for (let i = 0; i < taken; i++)
        turnBack(args, kvHead * group, group, first + i, scratch + ((<usize>(i * dim)) << 2));
      for (let b = a; b < quads; b++) {
        const block = address(args, 2) + ((<usize>((kvHead * quads + a) * quads + b)) << 6);
        addProducts(block, scratch, a, b, dim, taken);
      }
    }
  }
}

/** Puts a query's quads next to each other, rotated back. @param index row * group + head of the group */
function turnBack(args: usize, firstHead: i32, group: i32, index: i32, to: usize): void {
  const dim = word(args, 7);
  const bytes = (<usize>dim) << 2;
  const token = word(args, 8) + (index / group) * word(args, 9);
  const head = token * word(args, 6) + firstHead + (index % group);
  const row = to + QUERIES * bytes;
  memory.copy(row, address(args, 1) + <usize>head * bytes, bytes);
  rotateRow(row, address(args, 0) + <usize>(word(args, 3) + token) * bytes, bytes, -1);
  for (let at: usize = 0; at < bytes; at += 16) {
    store<u64>(to + at, load<u64>(row + (at >> 1)));
    store<u64>(to + at, load<u64>(row + (bytes >> 1) + (at >> 1)), 8);
  }
}

/** Adds the products of two quads of channels, summed over queries. */
function addProducts(block: usize, queries: usize, a: i32, b: i32, dim: i32, count: i32): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const bytes = (<usize>dim) << 2;
  const right = (<usize>b) << 4;
  const left = (<usize>a) << 4;
  for (let row = queries; row < queries + <usize>count * bytes; row += bytes) {
    const y = v128.load(row + right);
    const x = row + left;
    s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(x), y));
    s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(x, 4), y));
    s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(x, 8), y));
    s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(x, 12), y));
  }
  v128.store(block, f32x4.add(v128.load(block), s0));
  v128.store(block, f32x4.add(v128.load(block, 16), s1), 16);
  v128.store(block, f32x4.add(v128.load(block, 32), s2), 32);
  v128.store(block, f32x4.add(v128.load(block, 48), s3), 48);
}

/**
 * Numbers of a run of one layer's rows less their reference, and their sums. Keys are rotated back to position 0 first.
 * An item is a head: those of keys come first, then those of values.
 *
 * Words: addresses of the rotation [context, headDim / 2, 2] f32, of the cache, of the numbers of keys and of values
 * [RUN, channels] f32, and of the moments [2, 2, channels] f32 (for keys, then for values, the reference and the sum);
 * KV heads, head dimension; the run's start, its tokens, whether the reference becomes its mean; the layer's first
 * channel, channels.
 */
export function rowMoments(args: usize, start: i32, end: i32, scratch: usize): void {
  const kvHeads = word(args, 5);
  const dim = word(args, 6);
  const bytes = (<usize>dim) << 2;
  const tokens = <usize>word(args, 8);
  const width = (<usize>word(args, 11)) << 2;
  for (let head = start; head < end; head++) {
    const isValue = head >= kvHeads;
    const column = (<usize>(word(args, 10) + (head % kvHeads) * dim)) << 2;
    const reference = address(args, 4) + (isValue ? 2 * width : 0) + column;
    const numbers = address(args, isValue ? 3 : 2) + column;
    for (let token: usize = 0; token < tokens; token++)
      widenHead(args, head, <i32>token, numbers + token * width);
    for (let token = tokens; token < RUN; token++) memory.fill(numbers + token * width, 0, bytes);
    for (let at: usize = 0; at < bytes; at += 16) {
      if (word(args, 9) == 1) storeMean(numbers + at, width, tokens, reference + at);
      subtractReference(numbers + at, width, tokens, reference + at);
    }
  }
}

/** One token's numbers of a head. */
function widenHead(args: usize, head: i32, token: i32, to: usize): void {
  const kvHeads = word(args, 5);
  const dim = word(args, 6);
  const bytes = (<usize>dim) << 2;
  const position = word(args, 7) + token;
  const from = address(args, 1) + ((<usize>((position * 2 * kvHeads + head) * dim)) << 1);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, loadHalves(from + (at >> 1)));
  if (head < kvHeads) rotateRow(to, address(args, 0) + <usize>position * bytes, bytes, -1);
}

/** The mean of four channels becomes their reference. */
function storeMean(numbers: usize, width: usize, tokens: usize, reference: usize): void {
  let sum = f32x4.splat(0);
  for (let token: usize = 0; token < tokens; token++)
    sum = f32x4.add(sum, v128.load(numbers + token * width));
  v128.store(reference, f32x4.div(sum, f32x4.splat(<f32>tokens)));
}

/** Subtracts the reference of four channels from their numbers, and adds these to their sums. */
function subtractReference(numbers: usize, width: usize, tokens: usize, reference: usize): void {
  const base = v128.load(reference);
  let sum = f32x4.splat(0);
  for (let token: usize = 0; token < tokens; token++) {
    const at = numbers + token * width;
    const x = f32x4.sub(v128.load(at), base);
    v128.store(at, x);
    sum = f32x4.add(sum, x);
  }
  const total = reference + width;
  v128.store(total, f32x4.add(v128.load(total), sum));
}
