import { halfBits, halvesToFloats, loadHalf, loadHalves, storeHalves } from "./halves";
import {
  blockBytes,
  blockColumns,
  codes16,
  groupBytes,
  pairOf,
  Q4_K,
  zeroCode,
} from "./repack-blocks";
import { address, word } from "./words";

/**
 * @file Rows of a tensor as a GGUF file has them, put into the buffer of a weight. An item is a row.
 *
 * Words of all kernels: address of the blocks, address of the weights, columns, the weight's row at which the rows
 * begin, rows of the weight, rows of a head whose rows are pairs (or 0), and then what each kernel says.
 */

/** The weight's row that a row of the run becomes. */
function weightRow(args: usize, row: i32): i32 {
  const stored = word(args, 3) + row;
  const headDim = word(args, 5);
  if (headDim == 0) return stored;
  const inHead = stored % headDim;
  return stored - inHead + (inHead >> 1) + (inHead & 1) * (headDim >> 1);
}

/** Copies rows bit by bit. Further word: bytes of a number. */
export function repackCopy(args: usize, start: i32, end: i32, scratch: usize): void {
  const rowBytes = <usize>(word(args, 2) * word(args, 6));
  for (let row = start; row < end; row++) {
    const to = address(args, 1) + <usize>weightRow(args, row) * rowBytes;
    memory.copy(to, address(args, 0) + <usize>row * rowBytes, rowBytes);
  }
}

/** Makes f32 of f16, or of bf16. Further word: whether of bf16. */
export function repackFloats(args: usize, start: i32, end: i32, scratch: usize): void {
  const columns = <usize>word(args, 2);
  const isBfloat = word(args, 6) != 0;
  for (let row = start; row < end; row++) {
    let from = address(args, 0) + ((<usize>row * columns) << 1);
    let to = address(args, 1) + ((<usize>weightRow(args, row) * columns) << 2);
    const last = to + (columns << 2);
    for (; to < last; to += 16) {
      const values = isBfloat ? i32x4.shl(v128.load_ext<u16>(from), 16) : loadHalves(from);
      v128.store(to, values);
      from += 8;
    }
  }
}

/** Makes numbers of blocks. Further words: the type of the blocks, and whether f16 is made and not f32. */
export function repackValues(args: usize, start: i32, end: i32, scratch: usize): void {
  const columns = word(args, 2);
  const type = word(args, 6);
  const toHalves = word(args, 7) != 0;
  const size = blockColumns(type);
  const bytes = <usize>blockBytes(type);
  let block = address(args, 0) + <usize>(start * (columns / size)) * bytes;
  for (let row = start; row < end; row++) {
    const first = <usize>weightRow(args, row) * <usize>columns;
    let to = address(args, 1) + (first << (toHalves ? 1 : 2));
    for (let column = 0; column < columns; column += size) {
      for (let inside = 0; inside < size; inside += 16) {
        writeValues(type, block, inside, to, toHalves);
        to += toHalves ? 32 : 64;
      }
      block += bytes;
    }
  }
}

/** The numbers of sixteen columns, which are of one group. */
function writeValues(type: i32, block: usize, column: i32, to: usize, toHalves: bool): void {
  const factors = groupBytes(type, block, column);
  const pair = pairOf(type, block);
  const scale = f32x4.splat(halfValue(pair & 0xffff) * <f32>(<i8>factors));
  const minimum = f32x4.splat(halfValue(pair >> 16) * <f32>(<i8>(factors >> 8)));
  const zero = i16x8.splat(<i16>zeroCode(type));
  const codes = codes16(type, block, column);
  const low = i16x8.sub(i16x8.extend_low_i8x16_u(codes), zero);
  const high = i16x8.sub(i16x8.extend_high_i8x16_u(codes), zero);
  const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low));
  const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low));
  const c = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high));
  const d = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high));
  write4(to, 0, toHalves, f32x4.add(f32x4.mul(a, scale), minimum));
  write4(to, 4, toHalves, f32x4.add(f32x4.mul(b, scale), minimum));
  write4(to, 8, toHalves, f32x4.add(f32x4.mul(c, scale), minimum));
  write4(to, 12, toHalves, f32x4.add(f32x4.mul(d, scale), minimum));
}

function write4(to: usize, index: usize, toHalves: bool, values: v128): void {
  if (toHalves) storeHalves(to + (index << 1), values);
  else v128.store(to + (index << 2), values);
}

/** The number of an f16 whose bits are given. */
function halfValue(bits: u32): f32 {
  return f32x4.extract_lane(halvesToFloats(i32x4.splat(bits)), 0);
}

/** Makes affine codes of blocks (`shaders/forward/affine-format.ts`). Further words: the type, and the bits of a code. */
export function repackCodes(args: usize, start: i32, end: i32, scratch: usize): void {
  const columns = word(args, 2);
  const type = word(args, 6);
  const size = blockColumns(type);
  const bytes = <usize>blockBytes(type);
  let block = address(args, 0) + <usize>(start * (columns / size)) * bytes;
  for (let row = start; row < end; row++) {
    const first = <usize>weightRow(args, row) * <usize>columns;
    for (let column = 0; column < columns; column += size) {
      writeCodes(args, block, first + <usize>column);
      writeScales(args, block, first + <usize>column);
      block += bytes;
    }
  }
}

/** The codes of a block. In 8 bits, code 128 stands for the minimum; in 4 bits, code 0 does. */
function writeCodes(args: usize, block: usize, first: usize): void {
  const type = word(args, 6);
  const size = blockColumns(type);
  if (word(args, 7) == 8) {
    const to = address(args, 1) + first;
    const moved = i8x16.splat(<i8>(128 - zeroCode(type)));
    for (let column = 0; column < size; column += 16)
      v128.store(to + <usize>column, i8x16.add(codes16(type, block, column), moved));
    return;
  }
  let to = address(args, 1) + (first >> 1);
  for (let column = 0; column < size; column += 32) {
    const low = nibblePairs(codes16(type, block, column));
    const high = nibblePairs(codes16(type, block, column + 16));
    v128.store(to, i8x16.narrow_i16x8_u(low, high));
    to += 16;
  }
}

/** Two codes side by side in the lower byte of each eight halves. */
function nibblePairs(codes: v128): v128 {
  return v128.and(v128.or(codes, i16x8.shr_u(codes, 4)), i16x8.splat(255));
}

/** What the scales and minima of a block's groups come from. */
function writeScales(args: usize, block: usize, first: usize): void {
  const type = word(args, 6);
  const bits = word(args, 7);
  const size = <usize>word(args, 4) * <usize>word(args, 2);
  const scales = address(args, 1) + (bits == 8 ? size : size >> 1);
  if (type < Q4_K) {
    store<u32>(scales + ((first >> 5) << 2), storedPair(type, bits, block));
    return;
  }
  const group = bits == 8 ? 16 : 32;
  let to = scales + ((first / <usize>group) << 1);
  for (let column = 0; column < 256; column += group) {
    store<u16>(to, <u16>groupBytes(type, block, column));
    to += 2;
  }
  const pairs = scales + ((size / <usize>group) << 1);
  store<u32>(pairs + ((first >> 8) << 2), pairOf(type, block));
}

/** A block's scale and minimum. Where code 0 has to stand for the minimum, that is a multiple of the scale. */
function storedPair(type: i32, bits: i32, block: usize): u32 {
  const pair = pairOf(type, block);
  const zero = zeroCode(type);
  if (bits == 8 || zero == 0) return pair;
  return pair | (halfBits(-(<f32>zero) * loadHalf(block)) << 16);
}
