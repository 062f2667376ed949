import { assert } from "../../src/shared/assert.ts";
import { decodeFloats } from "../../src/shared/number-formats.ts";
import { decodeQ4, Q4_GROUP } from "../../src/shared/q4-matrix.ts";
import halves from "../unpack-f16.wgsl?raw";
import bf16 from "./weights-bf16.wgsl?raw";
import f16 from "./weights-f16.wgsl?raw";
import f32 from "./weights-f32.wgsl?raw";
import q4 from "./weights-q4.wgsl?raw";

/** How a weight matrix lies in its GPU buffer. `q4-x` has 4-bit codes, and then scales in format x. */
export type WeightFormat = ScaleFormat | `q4-${ScaleFormat}`;
type ScaleFormat = "f16" | "bf16" | "f32";

/**
 * WGSL that declares `weights` at binding 0 and defines `weights8(row, octet)`.
 *
 * @param nativeHalves whether the hardware's instruction converts f16; software adapters are faster without
 */
export function weightSnippet(
  format: WeightFormat,
  nativeHalves = true,
): { wgsl: string; constants: Record<string, number | boolean> } {
  if (isQ4Format(format)) {
    const scales = scaleFormat(format);
    const constants = { SCALE_BITS: scales === "f32" ? 32 : 16, SCALE_BF16: scales === "bf16" };
    return { wgsl: q4, constants };
  }
  if (format === "f16") return { wgsl: halves + f16, constants: { NATIVE_HALVES: nativeHalves } };
  return { wgsl: { bf16, f32 }[format], constants: {} };
}

/** Whether a format has 4-bit codes, with one scale for each run of 32 columns. */
export const isQ4Format = (format: WeightFormat): format is `q4-${ScaleFormat}` =>
  format.startsWith("q4");

const scaleFormat = (format: `q4-${ScaleFormat}`): ScaleFormat => format.slice(3) as ScaleFormat;

/** Number of columns that a row of a format must be a multiple of. */
const columnUnit = (format: WeightFormat): number => (isQ4Format(format) ? Q4_GROUP : 8);

const FLOAT_BYTES: Record<ScaleFormat, number> = { f16: 2, bf16: 2, f32: 4 };

/** Bytes of a matrix's buffer: those of the codes, and those of the scales behind them, which only q4 has. */
export function weightBytes(
  format: WeightFormat,
  shape: { rows: number; columns: number },
): { codes: number; scales: number } {
  const { rows, columns } = shape;
  assert(columns % columnUnit(format) === 0, `${columns} columns cannot be ${format}`);
  const size = rows * columns;
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
  if (!isQ4Format(format))
    return decodeFloats(bytes.subarray(0, weightBytes(format, shape).codes), format);
  const { codes } = weightBytes(format, shape);
  const words = new Uint32Array(bytes.slice(0, codes).buffer);
  const count = (rows * columns) / Q4_GROUP;
  const scaleDtype = scaleFormat(format);
  const scaleBytes = bytes.subarray(codes, codes + count * FLOAT_BYTES[scaleDtype]);
  return decodeQ4({ rows, columns, words, scales: decodeFloats(scaleBytes, scaleDtype) });
}
