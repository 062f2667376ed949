import { storeHalves } from "./halves";
import { rotateRow } from "./rope-rows";
import { address, float, word } from "./words";

/** Bits of the word of flags. */
const QUERY_BIAS: i32 = 1;
const KEY_BIAS: i32 = 2;
const VALUE_BIAS: i32 = 4;
const QUERY_NORM: i32 = 8;
const KEY_NORM: i32 = 16;

function addRow(row: usize, other: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(row + at, f32x4.add(v128.load(row + at), v128.load(other + at)));
}

/** Divides a row by the root of the mean of its squares, and multiplies it by gains. */
function normRow(row: usize, gain: usize, bytes: usize, epsilon: f32): void {
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(row + at);
    squares = f32x4.add(squares, f32x4.mul(x, x));
  }
  const sum =
    f32x4.extract_lane(squares, 0) +
    f32x4.extract_lane(squares, 1) +
    f32x4.extract_lane(squares, 2) +
    f32x4.extract_lane(squares, 3);
  const scale = f32x4.splat(1 / Mathf.sqrt(sum / <f32>(bytes >> 2) + epsilon));
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(row + at, f32x4.mul(v128.load(row + at), f32x4.mul(scale, v128.load(gain + at))));
}

/**
 * Adds biases to queries, keys and values, normalises and rotates queries and keys, and appends keys and values to the
 * cache in f16. Queries are changed in place. An item is a token.
 *
 * Words: addresses of the rotation [context, headDim / 2, 2] f32, of the rows [tokens, heads + 2 * kvHeads, headDim]
 * f32, of the cache, of the bias, of the gains of queries and of keys; position; heads, KV heads, head dimension;
 * flags; f32 epsilon.
 */
export function ropeAppend(args: usize, start: i32, end: i32, scratch: usize): void {
  const position = word(args, 6);
  const heads = word(args, 7);
  const kvHeads = word(args, 8);
  const rowHeads = heads + 2 * kvHeads;
  const bytes = (<usize>word(args, 9)) << 2;
  for (let token = start; token < end; token++) {
    const at = <usize>(position + token);
    const turn = address(args, 0) + at * bytes;
    const rows = address(args, 1) + <usize>(token * rowHeads) * bytes;
    const place = address(args, 2) + ((at * <usize>(2 * kvHeads) * bytes) >> 1);
    for (let head = 0; head < rowHeads; head++) {
      const from = rows + <usize>head * bytes;
      if (head < heads) {
        changeHead(args, head, from, turn);
        continue;
      }
      memory.copy(scratch, from, bytes);
      changeHead(args, head, scratch, turn);
      const to = place + ((<usize>(head - heads) * bytes) >> 1);
      for (let i: usize = 0; i < bytes; i += 16) storeHalves(to + (i >> 1), v128.load(scratch + i));
    }
  }
}

/** Does to one head what its part of the row asks for. */
function changeHead(args: usize, head: i32, row: usize, turn: usize): void {
  const heads = word(args, 7);
  const bytes = (<usize>word(args, 9)) << 2;
  const flags = word(args, 10);
  const isQuery = head < heads;
  const isKey = !isQuery && head < heads + word(args, 8);
  const biased = isQuery ? QUERY_BIAS : isKey ? KEY_BIAS : VALUE_BIAS;
  if (flags & biased) addRow(row, address(args, 3) + <usize>head * bytes, bytes);
  if (!isQuery && !isKey) return;
  const normed = isQuery ? QUERY_NORM : KEY_NORM;
  if (flags & normed) normRow(row, address(args, isQuery ? 4 : 5), bytes, float(args, 11));
  rotateRow(row, turn, bytes, 1);
}
