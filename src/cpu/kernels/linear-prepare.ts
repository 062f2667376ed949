/**
 * @file What a product of one token needs of x, computed once for all rows.
 *
 * For matrices of codes, x becomes whole numbers: in every group of columns that share a scale, x = unit × X with
 * |X| < 2^29, and X = 2^15 × high + low. Products with codes are then exact, two sums of 16-bit numbers, for which there
 * is an instruction. Rounding x to X is finer than an f32 of the group's largest number by a factor of 32.
 */
import { normalizeToken } from "./rms-norm";
import {
  CODES4,
  CODES8,
  HALVES,
  columns,
  groupColumns,
  readWeights,
  values,
  WEIGHT_WORDS,
  zeroCode,
} from "./weights-layout";
import { address, float } from "./words";

/** By what x is multiplied for `HALVES`: the half of 2^112, so that neither factor of a product gets too small. */
export const HALF_SHIFT: f32 = reinterpret<f32>((<u32>(127 + 56)) << 23);

/** Bytes of the unit, or of the sum, of every group. Three more than there are may be read. */
export function groupBytes(): usize {
  return ((<usize>(columns / groupColumns + 3)) << 2) & ~15;
}

/**
 * Prepares x for `matvec`, which says where what lies. There is one item.
 *
 * Words: those of the weights, then addresses of x and of the norm's gain (0 if there is no norm), epsilon, where to write.
 */
export function prepareVector(args: usize, start: i32, end: i32, scratch: usize): void {
  readWeights(args);
  let x = address(args, WEIGHT_WORDS);
  const gain = address(args, WEIGHT_WORDS + 1);
  const out = address(args, WEIGHT_WORDS + 3);
  if (gain != 0) {
    normalizeToken(x, gain, scratch, columns, float(args, WEIGHT_WORDS + 2));
    x = scratch;
  }
  if (values == CODES4 || values == CODES8) prepareGroups(x, out);
  else if (values == HALVES) multiply(x, HALF_SHIFT, out);
  else memory.copy(out, x, (<usize>columns) << 2);
}

function multiply(x: usize, factor: f32, out: usize): void {
  const end = x + ((<usize>columns) << 2);
  for (; x < end; x += 16) {
    v128.store(out, f32x4.mul(v128.load(x), f32x4.splat(factor)));
    out += 16;
  }
}

function prepareGroups(x: usize, out: usize): void {
  const groups: usize = columns / groupColumns;
  const units = out;
  const sums = out + groupBytes();
  v128.store(sums - 16, i32x4.splat(0));
  v128.store(sums + groupBytes() - 16, i32x4.splat(0));
  let block = sums + groupBytes();
  const bytes = (<usize>groupColumns) << 2;
  for (let group: usize = 0; group < groups; group++) {
    const unit = unitOf(x, x + bytes);
    store<f32>(units + (group << 2), unit);
    const last = writeBlock(x, x + bytes, unit, block);
    store<f32>(sums + (group << 2), writeZeros(block, last) * unit);
    block = last + 32;
    x += bytes;
  }
}

/** The power of two of which the numbers are less than 2^29. If one of them is not finite, it is NaN. */
function unitOf(x: usize, end: usize): f32 {
  let most = f32x4.splat(0);
  for (; x < end; x += 16) most = f32x4.max(most, f32x4.abs(v128.load(x)));
  const largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  const exponent = reinterpret<u32>(largest) >> 23;
  if (exponent >= 255) return NaN;
  // Its inverse has to be finite, too.
  const power = max(<i32>exponent + 1 - 29, 1);
  return reinterpret<f32>((<u32>power) << 23);
}

/** Writes the high and the low parts of a group, eight and eight numbers in turn. @returns the end of what it wrote */
function writeBlock(x: usize, end: usize, unit: f32, out: usize): usize {
  const inverse = f32x4.splat(1 / unit);
  if (values == CODES4) {
    writeInterleaved(x, inverse, out);
    return out + 128;
  }
  for (; x < end; x += 32) {
    const a = wholes(x, inverse);
    const b = wholes(x + 16, inverse);
    v128.store(out, highs(a, b));
    v128.store(out, lows(a, b), 16);
    out += 32;
  }
  return out;
}

function wholes(x: usize, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x), inverse)));
}

function high(whole: v128): v128 {
  return i32x4.shr_s(i32x4.add(whole, i32x4.splat(1 << 14)), 15);
}

function highs(a: v128, b: v128): v128 {
  return i16x8.narrow_i32x4_s(high(a), high(b));
}

function low(whole: v128): v128 {
  return i32x4.sub(whole, i32x4.shl(high(whole), 15));
}

function lows(a: v128, b: v128): v128 {
  return i16x8.narrow_i32x4_s(low(a), low(b));
}

/** Writes 32 numbers in the order in which codes of 4 bits are masked: every fourth, beginning at 0, 1, 2 and 3. */
function writeInterleaved(x: usize, inverse: v128, out: usize): void {
  const a = wholes(x, inverse);
  const b = wholes(x + 16, inverse);
  const c = wholes(x + 32, inverse);
  const d = wholes(x + 48, inverse);
  const e = wholes(x + 64, inverse);
  const f = wholes(x + 80, inverse);
  const g = wholes(x + 96, inverse);
  const h = wholes(x + 112, inverse);
  storeFourths(out, highs(a, b), highs(c, d), highs(e, f), highs(g, h));
  storeFourths(out + 16, lows(a, b), lows(c, d), lows(e, f), lows(g, h));
}

/** Stores every fourth of 32 numbers of 16 bits, and 32 bytes later the next ones of each. */
function storeFourths(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = v128.shuffle<u16>(a, b, 0, 4, 8, 12, 1, 5, 9, 13);
  const ab23 = v128.shuffle<u16>(a, b, 2, 6, 10, 14, 3, 7, 11, 15);
  const cd01 = v128.shuffle<u16>(c, d, 0, 4, 8, 12, 1, 5, 9, 13);
  const cd23 = v128.shuffle<u16>(c, d, 2, 6, 10, 14, 3, 7, 11, 15);
  v128.store(out, v128.shuffle<u64>(ab01, cd01, 0, 2));
  v128.store(out, v128.shuffle<u64>(ab01, cd01, 1, 3), 32);
  v128.store(out, v128.shuffle<u64>(ab23, cd23, 0, 2), 64);
  v128.store(out, v128.shuffle<u64>(ab23, cd23, 1, 3), 96);
}

/** The code of 4 bits, or of 8, that is in the middle, and is made zero. */
export function middleCode(): i32 {
  return values == CODES8 ? 128 : zeroCode == 0 ? 8 : zeroCode;
}

/**
 * Writes where the two sums of a group begin: at what the middle code would add up to, negated.
 *
 * @returns the sum of X
 */
function writeZeros(block: usize, end: usize): f32 {
  const zero = i16x8.splat(-(<i16>middleCode()));
  const one = i16x8.splat(1);
  let highZeros = i32x4.splat(0);
  let lowZeros = highZeros;
  let highSum = highZeros;
  let lowSum = highZeros;
  for (; block < end; block += 32) {
    const h = v128.load(block);
    const l = v128.load(block, 16);
    highZeros = i32x4.add(highZeros, i32x4.dot_i16x8_s(h, zero));
    lowZeros = i32x4.add(lowZeros, i32x4.dot_i16x8_s(l, zero));
    highSum = i32x4.add(highSum, i32x4.dot_i16x8_s(h, one));
    lowSum = i32x4.add(lowSum, i32x4.dot_i16x8_s(l, one));
  }
  v128.store(end, highZeros);
  v128.store(end, lowZeros, 16);
  return <f32>sumOfLanes(highSum) * 32768 + <f32>sumOfLanes(lowSum);
}

function sumOfLanes(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    (i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3))
  );
}
