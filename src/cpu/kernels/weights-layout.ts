/**
 * @file Where and how a matrix of weights [rows, columns] lies, as `dispatches/forward/weight-words.ts` says it in a
 * kernel's first words. Every thread has a module of its own, so what is read stays until its next kernel.
 */
import { loadHalf, loadHalves, halvesToFloats } from "./halves";
import { address, word } from "./words";

export const FLOATS: i32 = 0;
export const HALVES: i32 = 1;
export const BRAIN_HALVES: i32 = 2;
export const CODES4: i32 = 3;
export const CODES8: i32 = 4;

const SCALES_F16: i32 = 1;
const SCALES_BF16: i32 = 2;
const SCALES_F32: i32 = 3;
const SCALES_PAIRS: i32 = 4;
const SCALES_BYTES: i32 = 5;

/** Columns that share the f16 which the bytes of groups are factors of. */
const PAIR_COLUMNS: i32 = 256;

/** How many words `readWeights` takes. */
export const WEIGHT_WORDS: i32 = 7;

export let values: i32 = 0;
export let groupColumns: i32 = 0;
export let columns: i32 = 0;
export let weights: usize = 0;
/** The code that stands for zero before the minimum is added. */
export let zeroCode: i32 = 0;
let scales: i32 = 0;
let scalesAt: usize = 0;
let pairsAt: usize = 0;

export function readWeights(args: usize): void {
  values = word(args, 0);
  scales = word(args, 1);
  groupColumns = word(args, 2);
  columns = word(args, 3);
  weights = address(args, 4);
  scalesAt = address(args, 5);
  pairsAt = address(args, 6);
  const isAffine = scales == SCALES_PAIRS || scales == SCALES_BYTES;
  zeroCode = values == CODES8 ? 128 : isAffine ? 0 : 7;
}

/**
 * Writes the scale of each group of a row as f32, and its minimum.
 *
 * @param scale f32 [columns / groupColumns], and up to three more that are overwritten
 * @param minimum the same
 */
export function readGroups(row: i32, scale: usize, minimum: usize): void {
  const groups: usize = columns / groupColumns;
  const first = <usize>row * groups;
  if (scales == SCALES_PAIRS) {
    pairsOf(scalesAt + (first << 2), groups, scale, minimum);
    return;
  }
  if (scales == SCALES_BYTES) {
    factorsOf(row, groups, scale, minimum);
    return;
  }
  memory.fill(minimum, 0, groups << 2);
  if (scales == SCALES_F32) memory.copy(scale, scalesAt + (first << 2), groups << 2);
  else halfScales(scalesAt + (first << 1), groups, scale);
}

/** Scales alone, of two bytes. */
function halfScales(at: usize, groups: usize, scale: usize): void {
  const whole = groups & ~3;
  const isF16 = scales == SCALES_F16;
  for (let group: usize = 0; group < whole; group += 4) {
    const place = at + (group << 1);
    v128.store(scale + (group << 2), loadFour(isF16 ? HALVES : BRAIN_HALVES, place));
  }
  for (let group = whole; group < groups; group++) {
    const place = at + (group << 1);
    const bits = (<u32>load<u16>(place)) << 16;
    store<f32>(scale + (group << 2), isF16 ? loadHalf(place) : reinterpret<f32>(bits));
  }
}

/** Whether groups have a scale and a minimum in f16, side by side. */
export function hasPairs(): bool {
  return scales == SCALES_PAIRS;
}

/** The first of the words of a row's groups, if they have pairs. */
export function rowPairs(row: i32): usize {
  return scalesAt + ((<usize>row * <usize>(columns / groupColumns)) << 2);
}

/** Words of a scale and a minimum in f16. */
function pairsOf(at: usize, groups: usize, scale: usize, minimum: usize): void {
  const whole = groups & ~3;
  for (let group: usize = 0; group < whole; group += 4) {
    const words = v128.load(at + (group << 2));
    v128.store(scale + (group << 2), halvesToFloats(v128.and(words, i32x4.splat(0xffff))));
    v128.store(minimum + (group << 2), halvesToFloats(i32x4.shr_u(words, 16)));
  }
  for (let group = whole; group < groups; group++) {
    store<f32>(scale + (group << 2), loadHalf(at + (group << 2)));
    store<f32>(minimum + (group << 2), loadHalf(at + (group << 2) + 2));
  }
}

/** Signed bytes, and the pairs of f16 that they are factors of. Rows are whole pairs, so groups are a multiple of 8. */
function factorsOf(row: i32, groups: usize, scale: usize, minimum: usize): void {
  const perPair: usize = PAIR_COLUMNS / groupColumns;
  let bytes = scalesAt + ((<usize>row * groups) << 1);
  let pair = pairsAt + ((<usize>row * <usize>(columns / PAIR_COLUMNS)) << 2);
  for (let group: usize = 0; group < groups; group += perPair) {
    const scaleUnit = f32x4.splat(loadHalf(pair));
    const minimumUnit = f32x4.splat(loadHalf(pair + 2));
    for (let i: usize = 0; i < perPair; i += 4) {
      // Four words, each with the bytes of a scale and a minimum in its lower half.
      const words = v128.load_ext<u16>(bytes);
      const scaleByte = i32x4.shr_s(i32x4.shl(words, 24), 24);
      const minimumByte = i32x4.shr_s(i32x4.shl(words, 16), 24);
      const place = (group + i) << 2;
      v128.store(scale + place, f32x4.mul(f32x4.convert_i32x4_s(scaleByte), scaleUnit));
      v128.store(minimum + place, f32x4.mul(f32x4.convert_i32x4_s(minimumByte), minimumUnit));
      bytes += 8;
    }
    pair += 4;
  }
}

/** Bytes of the values or codes of a row. */
export function rowBytes(): usize {
  if (values == FLOATS) return (<usize>columns) << 2;
  if (values == CODES4) return (<usize>columns) >> 1;
  return values == CODES8 ? <usize>columns : (<usize>columns) << 1;
}

/** Four consecutive numbers of a matrix without codes. */
export function loadFour(kind: i32, at: usize): v128 {
  if (kind == FLOATS) return v128.load(at);
  if (kind == HALVES) return loadHalves(at);
  return i32x4.shl(v128.load_ext<u16>(at), 16);
}
