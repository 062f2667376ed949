/**
 * @file The formats of codes with a scale and a minimum: w = scale × (code − zero) + minimum. They hold the blocks of
 * GGUF without rounding.
 *
 * A buffer has the codes, row-major, lowest bits first; then what the scales come from. In `…-f16` that is a word for
 * each group of columns, with the scale and the minimum in f16. In `…-k` it is two signed bytes for each group, one for
 * the scale and one for the minimum, and then a word for each 256 columns with the two f16 that they are factors of.
 * Rows are whole groups, so the groups of a matrix are one run.
 */

import { f16ToF32 } from "../../src/shared/number-formats.ts";

interface AffineLayout {
  /** Bits of a code. */
  bits: 4 | 8;
  /** The code that stands for the minimum. */
  zero: number;
  groupColumns: number;
  /** Columns that share the f16 of a scale and a minimum: those of a group, or several groups. */
  pairColumns: number;
  /** What the columns of a matrix must be a multiple of. */
  columnUnit: number;
}

export const AFFINE_FORMATS = {
  "affine4-f16": { bits: 4, zero: 0, groupColumns: 32, pairColumns: 32, columnUnit: 32 },
  "affine8-f16": { bits: 8, zero: 128, groupColumns: 32, pairColumns: 32, columnUnit: 32 },
  "affine4-k": { bits: 4, zero: 0, groupColumns: 32, pairColumns: 256, columnUnit: 256 },
  "affine8-k": { bits: 8, zero: 128, groupColumns: 16, pairColumns: 256, columnUnit: 256 },
} as const satisfies Record<string, AffineLayout>;

export type AffineFormat = keyof typeof AFFINE_FORMATS;

/** Whether groups have bytes, which the f16 of a scale and a minimum are multiplied by. */
const hasGroupBytes = ({ groupColumns, pairColumns }: AffineLayout): boolean =>
  pairColumns > groupColumns;

export function affineConstants(format: AffineFormat): Record<string, number | boolean> {
  const layout: AffineLayout = AFFINE_FORMATS[format];
  return {
    GROUP_COLUMNS: layout.groupColumns,
    PAIR_COLUMNS: layout.pairColumns,
    GROUP_BYTES: hasGroupBytes(layout),
  };
}

/** Bytes of the codes and of everything behind them. @param size number of weights */
export function affineBytes(
  format: AffineFormat,
  size: number,
): { codes: number; groupBytes: number; scales: number } {
  const layout: AffineLayout = AFFINE_FORMATS[format];
  const { bits, groupColumns, pairColumns } = layout;
  const groupBytes = hasGroupBytes(layout) ? 2 * (size / groupColumns) : 0;
  return { codes: (size * bits) / 8, groupBytes, scales: groupBytes + 4 * (size / pairColumns) };
}

/** The numbers of a buffer, in plain loops, rounded to f32 as the GPU rounds them. @param size number of weights */
export function decodeAffine(format: AffineFormat, bytes: Uint8Array, size: number): Float32Array {
  const layout: AffineLayout = AFFINE_FORMATS[format];
  const { bits, zero, groupColumns } = layout;
  const scales = affineScales(format, bytes, size);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const { scale, minimum } = scales[Math.floor(i / groupColumns)] ?? { scale: NaN, minimum: NaN };
    const byte = bytes[Math.floor((i * bits) / 8)] ?? 0;
    const code = bits === 8 ? byte : (byte >> (4 * (i % 2))) & 15;
    values[i] = Math.fround(scale * (code - zero)) + minimum;
  }
  return values;
}

/** The scale and the minimum of every group. */
function affineScales(format: AffineFormat, bytes: Uint8Array, size: number) {
  const layout: AffineLayout = AFFINE_FORMATS[format];
  const { groupColumns, pairColumns } = layout;
  const { codes, groupBytes } = affineBytes(format, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const half = (at: number): number => f16ToF32(view.getUint16(at, true));
  return Array.from({ length: size / groupColumns }, (_, group) => {
    const pair = codes + groupBytes + 4 * Math.floor((group * groupColumns) / pairColumns);
    const [scale, minimum] = [half(pair), half(pair + 2)];
    if (!hasGroupBytes(layout)) return { scale, minimum };
    return {
      scale: scale * view.getInt8(codes + 2 * group),
      minimum: minimum * view.getInt8(codes + 2 * group + 1),
    };
  });
}
