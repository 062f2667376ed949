import { groupBytes, middleCode } from "./linear-prepare";
import { columns, groupColumns, hasPairs, readGroups, rowPairs, zeroCode } from "./weights-layout";

/** Moved into an f32's place, an f16 is too small by 2^112. */
const HALF_UNIT: u32 = (127 + 112) << 23;

/** What of an f16 in the upper half of a word, shifted by three, is its sign and what its size. */
const HALF_BITS: i32 = 0x8fffe000;

/**
 * Writes the scales of a row, each multiplied by its group's unit, as f32 [columns / groupColumns], and up to three more
 * that are overwritten.
 *
 * @param prepared the units and the sums of x in each group, as `prepareVector` left them
 * @param scratch room for two f32 of each group, and six more
 * @returns what minima add to the sum of the row, in four parts
 */
export function scaleGroups(row: i32, prepared: usize, out: usize, scratch: usize): v128 {
  const bytes = groupBytes();
  const middle = f32x4.splat(<f32>(middleCode() - zeroCode));
  if (hasPairs()) return scalePairs(rowPairs(row), prepared, out, middle);
  v128.store(scratch + bytes - 16, i32x4.splat(0));
  v128.store(scratch + 2 * bytes - 16, i32x4.splat(0));
  readGroups(row, scratch, scratch + bytes);
  let total = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const scale = v128.load(scratch + i);
    const minimum = f32x4.add(v128.load(scratch + bytes + i), f32x4.mul(scale, middle));
    total = f32x4.add(total, f32x4.mul(minimum, v128.load(prepared + bytes + i)));
    v128.store(out + i, f32x4.mul(scale, v128.load(prepared + i)));
  }
  return total;
}

function scalePairs(pairs: usize, units: usize, out: usize, middle: v128): v128 {
  const bytes = groupBytes();
  const end = pairs + ((<usize>(columns / groupColumns)) << 2);
  let total = f32x4.splat(0);
  while (pairs < end) {
    const words = end - pairs >= 16 ? v128.load(pairs) : loadWords(pairs, end);
    const scale = upperHalves(i32x4.shl(words, 16));
    const minimum = f32x4.add(upperHalves(words), f32x4.mul(scale, middle));
    total = f32x4.add(total, f32x4.mul(minimum, v128.load(units + bytes)));
    v128.store(out, f32x4.mul(scale, v128.load(units)));
    pairs += 16;
    units += 16;
    out += 16;
  }
  return total;
}

/** The words that are left, one to three, and zeros. */
function loadWords(at: usize, end: usize): v128 {
  if (end - at == 4) return v128.load32_zero(at);
  const words = v128.load64_zero(at);
  return end - at == 8 ? words : v128.load32_lane(at + 8, words, 2);
}

/** The finite f16 in the upper halves of words as f32. */
function upperHalves(words: v128): v128 {
  const bits = v128.and(i32x4.shr_s(words, 3), i32x4.splat(HALF_BITS));
  return f32x4.mul(bits, f32x4.splat(reinterpret<f32>(HALF_UNIT)));
}
