import {
  BRAIN_HALVES,
  CODES4,
  CODES8,
  FLOATS,
  HALVES,
  columns,
  groupColumns,
  loadFour,
  readGroups,
  rowBytes,
  values,
  weights,
  zeroCode,
} from "./weights-layout";

/**
 * Writes a row of the weights as f32 [columns], rounded as in the formula of its format.
 *
 * @param scratch room for two f32 of each group, and six more
 */
export function unpackRow(row: i32, out: usize, scratch: usize): void {
  const at = weights + <usize>row * rowBytes();
  if (values == CODES4 || values == CODES8) {
    const minimum = scratch + ((<usize>(columns / groupColumns + 3)) << 2);
    readGroups(row, scratch, minimum);
    if (values == CODES4) unpackCodes4(at, out, scratch, minimum);
    else unpackCodes8(at, out, scratch, minimum);
  } else if (values == FLOATS) memory.copy(out, at, (<usize>columns) << 2);
  else if (values == HALVES) unpackHalves(at, out, HALVES);
  else unpackHalves(at, out, BRAIN_HALVES);
}

function unpackHalves(at: usize, out: usize, kind: i32): void {
  const end = out + ((<usize>columns) << 2);
  while (out < end) {
    v128.store(out, loadFour(kind, at));
    v128.store(out, loadFour(kind, at + 8), 16);
    at += 16;
    out += 32;
  }
}

/** Four codes, given as words, as weights. */
function weightsOf(codes: v128, scale: v128, minimum: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(codes), scale), minimum);
}

/** Stores eight weights whose codes are given as halves of words. */
function storeEight(out: usize, codes: v128, scale: v128, minimum: v128): void {
  v128.store(out, weightsOf(i32x4.extend_low_i16x8_s(codes), scale, minimum));
  v128.store(out, weightsOf(i32x4.extend_high_i16x8_s(codes), scale, minimum), 16);
}

function unpackCodes4(at: usize, out: usize, scale: usize, minimum: usize): void {
  const end = out + ((<usize>columns) << 2);
  const zero = i8x16.splat(<i8>zeroCode);
  const nibbles = i8x16.splat(15);
  while (out < end) {
    const packed = v128.load(at);
    const even = i8x16.sub(v128.and(packed, nibbles), zero);
    const odd = i8x16.sub(v128.and(i16x8.shr_u(packed, 4), nibbles), zero);
    const low = i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const high = i8x16.shuffle(
      even,
      odd,
      8,
      24,
      9,
      25,
      10,
      26,
      11,
      27,
      12,
      28,
      13,
      29,
      14,
      30,
      15,
      31,
    );
    const s = v128.load32_splat(scale);
    const m = v128.load32_splat(minimum);
    storeEight(out, i16x8.extend_low_i8x16_s(low), s, m);
    storeEight(out + 32, i16x8.extend_high_i8x16_s(low), s, m);
    storeEight(out + 64, i16x8.extend_low_i8x16_s(high), s, m);
    storeEight(out + 96, i16x8.extend_high_i8x16_s(high), s, m);
    at += 16;
    out += 128;
    scale += 4;
    minimum += 4;
  }
}

function unpackCodes8(at: usize, out: usize, scale: usize, minimum: usize): void {
  const end = out + ((<usize>columns) << 2);
  const flip = i8x16.splat(-128);
  const step = (<usize>groupColumns) << 2;
  while (out < end) {
    const s = v128.load32_splat(scale);
    const m = v128.load32_splat(minimum);
    const groupEnd = out + step;
    while (out < groupEnd) {
      const codes = v128.xor(v128.load(at), flip);
      storeEight(out, i16x8.extend_low_i8x16_s(codes), s, m);
      storeEight(out + 32, i16x8.extend_high_i8x16_s(codes), s, m);
      at += 16;
      out += 64;
    }
    scale += 4;
    minimum += 4;
  }
}
