import { loadHalves, storeHalves } from "./halves";
import { TURN_BACK, TURN_ON, turnHead } from "./rows-rotate";
import { address, word } from "./words";

/** Tokens that are one item. */
const TOKEN_SPAN: i32 = 8;

/**
 * Preconditions keys of the cache, or brings them back, as `shaders/rows/precondition-keys.wgsl` says: RoPE is undone,
 * and each block of a head is multiplied by the Walsh-Hadamard matrix. An item is a span of tokens.
 *
 * Words: addresses of the rotations, of the cache and of the keys, KV heads, head dimension, whether by the matrix,
 * whether RoPE, whether back, position of the first row, tokens, tokens to be skipped on the way back.
 */
export function preconditionKeys(args: usize, start: i32, end: i32, scratch: usize): void {
  const isInverse = word(args, 7) != 0;
  const first = max(start * TOKEN_SPAN, isInverse ? word(args, 10) : 0);
  const last = min(end * TOKEN_SPAN, word(args, 9));
  const heads = word(args, 3);
  const headDim = word(args, 4);
  for (let token = first; token < last; token++) {
    const position = <usize>(word(args, 8) + token);
    const turn = address(args, 0) + position * ((<usize>headDim) << 2);
    for (let head = 0; head < heads; head++) {
      const cached = address(args, 1) + (((position * 2 * <usize>heads + head) * headDim) << 1);
      const key = address(args, 2) + ((<usize>((token * heads + head) * headDim)) << 2);
      if (isInverse) recover(args, key, cached, turn, scratch);
      else precondition(args, key, cached, turn);
    }
  }
}

function precondition(args: usize, key: usize, cached: usize, turn: usize): void {
  const headDim = word(args, 4);
  for (let i = 0; i < headDim; i += 4)
    v128.store(key + ((<usize>i) << 2), loadHalves(cached + ((<usize>i) << 1)));
  if (word(args, 6)) turnHead(key, turn, headDim, TURN_BACK);
  if (word(args, 5)) hadamard(key, headDim);
}

function recover(args: usize, key: usize, cached: usize, turn: usize, scratch: usize): void {
  const headDim = word(args, 4);
  memory.copy(scratch, key, (<usize>headDim) << 2);
  if (word(args, 5)) hadamard(scratch, headDim);
  if (word(args, 6)) turnHead(scratch, turn, headDim, TURN_ON);
  for (let i = 0; i < headDim; i += 4)
    storeHalves(cached + ((<usize>i) << 1), v128.load(scratch + ((<usize>i) << 2)));
}

/**
 * Multiplies each block of a head by the Walsh-Hadamard matrix, by butterflies. A block is a power of two of channels:
 * half of them one after the other, and their partners half a head further. Half a block has at least 8.
 */
function hadamard(head: usize, headDim: i32): void {
  const block = headDim & -headDim;
  const bytes = (<usize>headDim) << 2;
  for (let at = head; at < head + bytes; at += 16) v128.store(at, mixed(v128.load(at)));
  for (let apart: usize = 16; apart < (<usize>block) << 1; apart <<= 1)
    for (let run = head; run < head + bytes; run += apart << 1) butterflies(run, apart, apart);
  butterflies(head, bytes >> 1, bytes >> 1);
  const factor = f32x4.splat(<f32>1 / sqrt<f32>(<f32>block));
  for (let at = head; at < head + bytes; at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
}

/** Both butterflies within four numbers. */
function mixed(x: v128): v128 {
  const pairs = f32x4.add(
    i32x4.shuffle(x, x, 1, 0, 3, 2),
    v128.xor(x, i32x4(0, 0x80000000, 0, 0x80000000)),
  );
  const turned = v128.xor(pairs, i32x4(0, 0, 0x80000000, 0x80000000));
  return f32x4.add(i32x4.shuffle(pairs, pairs, 2, 3, 0, 1), turned);
}

/** Sums and differences of numbers that are so many bytes apart. */
function butterflies(from: usize, bytes: usize, apart: usize): void {
  for (let at = from; at < from + bytes; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + apart);
    v128.store(at, f32x4.add(a, b));
    v128.store(at + apart, f32x4.sub(a, b));
  }
}
