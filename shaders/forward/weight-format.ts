import { assert } from "../../src/shared/assert.ts";
import { decodeFloats } from "../../src/shared/number-formats.ts";
import { decodeQ4, Q4_GROUP } from "../../src/shared/q4-matrix.ts";
import {
  AFFINE_FORMATS,
  affineBytes,
  affineConstants,
  decodeAffine,
  type AffineFormat,
} from "./affine-format.ts";
import halves from "../unpack-f16.wgsl?raw";
import affine from "./weights-affine.wgsl?raw";
import bf16 from "./weights-bf16.wgsl?raw";
import codes4 from "./weights-codes4.wgsl?raw";
import codes8 from "./weights-codes8.wgsl?raw";
import f16 from "./weights-f16.wgsl?raw";
import f32 from "./weights-f32.wgsl?raw";
import q4 from "./weights-q4.wgsl?raw";

/**
 * How a weight matrix lies in its GPU buffer.
 *
 * - `f16`, `bf16`, `f32`: numbers
 * - `q4-x`: MLC's 4-bit codes, and then scales in format x
 * - `affine…`: codes of 4 or 8 bits with a scale and a minimum for each group, which hold GGUF's blocks. See
 *   affine-format.ts
 */
export type WeightFormat = FloatFormat | Q4Format | AffineFormat;
export type FloatFormat = "f16" | "bf16" | "f32";
type Q4Format = `q4-${FloatFormat}`;

/** WGSL that reads a matrix, and what it has to know of it. */
interface WeightSnippet {
  wgsl: string;
  constants: Record<string, number | boolean>;
  /** How many columns share what `group_of` reads, for kernels that read it once for all of them. */
  groupColumns: number;
  /** Whether a product of `codes8` still has to be multiplied by `scale_of`. */
  scaledLater: boolean;
}

/**
 * WGSL that declares `weights` at binding 0 and defines `weights8(row, octet)`.
 *
 * @param nativeHalves whether the hardware's instruction converts f16; software adapters are faster without
 */
export function weightSnippet(format: WeightFormat, nativeHalves = true): WeightSnippet {
  if (isQ4Format(format)) {
    const scales = scaleFormat(format);
    const constants = { SCALE_BITS: scales === "f32" ? 32 : 16, SCALE_BF16: scales === "bf16" };
    return { wgsl: q4, constants, groupColumns: Q4_GROUP, scaledLater: true };
  }
  if (isAffineFormat(format)) {
    const { bits, groupColumns } = AFFINE_FORMATS[format];
    const wgsl = (bits === 4 ? codes4 : codes8) + affine;
    return { wgsl, constants: affineConstants(format), groupColumns, scaledLater: false };
  }
  const plain = { groupColumns: 1, scaledLater: false };
  if (format === "f16")
    return { wgsl: halves + f16, constants: { NATIVE_HALVES: nativeHalves }, ...plain };
  return { wgsl: { bf16, f32 }[format], constants: {}, ...plain };
}

/** Whether a format is one of MLC's, with 4-bit codes and one scale for each run of 32 columns. */
const isQ4Format = (format: WeightFormat): format is Q4Format => format.startsWith("q4");

export const isAffineFormat = (format: WeightFormat): format is AffineFormat =>
  Object.hasOwn(AFFINE_FORMATS, format);

const scaleFormat = (format: Q4Format): FloatFormat => format.slice(3) as FloatFormat;

const FLOAT_BYTES: Record<FloatFormat, number> = { f16: 2, bf16: 2, f32: 4 };

/** Number of columns that a row of a format must be a multiple of. */
export function columnUnit(format: WeightFormat): number {
  if (isAffineFormat(format)) return AFFINE_FORMATS[format].columnUnit;
  return isQ4Format(format) ? Q4_GROUP : 8;
}

/** Bytes of a matrix's buffer: those of the codes, and those of the scales behind them, which only codes have. */
export function weightBytes(
  format: WeightFormat,
  shape: { rows: number; columns: number },
): { codes: number; scales: number } {
  const { rows, columns } = shape;
  assert(columns % columnUnit(format) === 0, `${columns} columns cannot be ${format}`);
  const size = rows * columns;
  if (isAffineFormat(format)) return affineBytes(format, size);
  if (!isQ4Format(format)) return { codes: size * FLOAT_BYTES[format], scales: 0 };
  const scales = (size / Q4_GROUP) * FLOAT_BYTES[scaleFormat(format)];
  return { codes: size / 2, scales: Math.ceil(scales / 4) * 4 };
}

/** The matrix that `weights8` reads, as f32 [rows, columns], in plain loops. */
export function dequantizeReference(
  format: WeightFormat,
  bytes: Uint8Array,
  shape: { rows: number; columns: number },
): Float32Array {
  const { rows, columns } = shape;
  const { codes } = weightBytes(format, shape);
  if (isAffineFormat(format)) return decodeAffine(format, bytes, rows * columns);
  if (!isQ4Format(format)) return decodeFloats(bytes.subarray(0, codes), format);
  const words = new Uint32Array(bytes.slice(0, codes).buffer);
  const count = (rows * columns) / Q4_GROUP;
  const scaleDtype = scaleFormat(format);
  const scaleBytes = bytes.subarray(codes, codes + count * FLOAT_BYTES[scaleDtype]);
  return decodeQ4({ rows, columns, words, scales: decodeFloats(scaleBytes, scaleDtype) });
}
