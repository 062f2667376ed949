import { assert } from "./assert.ts";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "./number-formats.ts";

/** How many consecutive columns share one scale. */
export const Q4_GROUP = 32;
const CODES_PER_WORD = 8;
const WORDS_PER_GROUP = Q4_GROUP / CODES_PER_WORD;
const ZERO_CODE = 7;
const MAX_CODE = 14;

/** A matrix [rows, columns] of 4-bit codes, in groups of 32 along its columns. Each group has a scale. */
export interface Q4Matrix {
  rows: number;
  columns: number;
  /**
   * u32 [rows, 4 × ceil(columns / 32)]. The code of column k is the 4 bits from bit 4 × (k mod 8) of word ⌊k / 8⌋.
   */
  words: Uint32Array;
  /** f32 [rows, ceil(columns / 32)], already rounded to the format in which they are stored. */
  scales: Float32Array;
}

/**
 * Quantizes a matrix to 15 levels around zero. The error of an element is at most half a scale, plus what rounding
 * the scale adds.
 *
 * Source: the group quantization "q4f16_1" of mlc-llm.
 *
 * @param values [rows, columns]
 * @param shape the last group of a row may be incomplete
 */
export function encodeQ4(
  values: Float32Array,
  shape: { rows: number; columns: number },
  scaleDtype: "f16" | "bf16",
): Q4Matrix {
  const { rows, columns } = shape;
  assert(values.length === rows * columns, `${values.length} values for ${rows} × ${columns}`);
  const groups = Math.ceil(columns / Q4_GROUP);
  const words = new Uint32Array(rows * groups * WORDS_PER_GROUP);
  const scales = new Float32Array(rows * groups);
  for (let row = 0; row < rows; row++)
    for (let group = 0; group < groups; group++) {
      const index = row * groups + group;
      const end = Math.min((group + 1) * Q4_GROUP, columns);
      const slice = values.subarray(row * columns + group * Q4_GROUP, row * columns + end);
      scales[index] = encodeGroup(slice, words, index * WORDS_PER_GROUP, scaleDtype);
    }
  return { rows, columns, words, scales };
}

/** Writes the four words of one group, and returns its scale. */
function encodeGroup(
  values: Float32Array,
  words: Uint32Array,
  firstWord: number,
  scaleDtype: "f16" | "bf16",
): number {
  const peak = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = roundScale(peak / 7, scaleDtype);
  for (let k = 0; k < Q4_GROUP; k++) {
    const word = firstWord + Math.floor(k / CODES_PER_WORD);
    words[word] = (words[word] ?? 0) | (q4Code(values[k] ?? 0, scale) << (4 * (k % 8)));
  }
  return scale;
}

const roundScale = (scale: number, dtype: "f16" | "bf16"): number =>
  dtype === "f16" ? f16ToF32(f32ToF16(scale)) : bf16ToF32(f32ToBf16(scale));

function q4Code(value: number, scale: number): number {
  if (scale === 0) return ZERO_CODE;
  return Math.min(Math.max(roundHalfEven(value / scale) + ZERO_CODE, 0), MAX_CODE);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The matrix as f32 [rows, columns]. This is exact, as the product of a code and an 11-bit scale fits into an f32.
 */
export function decodeQ4(matrix: Q4Matrix): Float32Array {
  const { rows, columns, words, scales } = matrix;
  const groups = Math.ceil(columns / Q4_GROUP);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) {
      const word = words[row * groups * WORDS_PER_GROUP + (k >>> 3)] ?? 0;
      const code = (word >>> (4 * (k & 7))) & 15;
      const scale = scales[row * groups + (k >>> 5)] ?? NaN;
      values[row * columns + k] = (code - ZERO_CODE) * scale;
    }
  return values;
}
