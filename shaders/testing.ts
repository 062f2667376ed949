import type { DeviceHarness } from "../src/device/testing.ts";
import { encodeFloats } from "../src/shared/number-formats.ts";
import { encodeQ4 } from "../src/shared/q4-matrix.ts";
import type { LaneSharing } from "./reduce.ts";
import { packAffine } from "./forward/affine-testing.ts";
import { columnUnit, isAffineFormat, type WeightFormat } from "./forward/weight-format.ts";

/** Bytes of the GPU buffer that holds a matrix of these values in a weight format. */
export function packWeights(
  format: WeightFormat,
  values: Float32Array,
  shape: { rows: number; columns: number },
): Uint8Array<ArrayBuffer> {
  if (isAffineFormat(format)) return packAffine(format, values);
  if (format === "f16" || format === "bf16" || format === "f32")
    return Uint8Array.from(encodeFloats(values, format));
  const stored = format === "q4-bf16" ? "bf16" : "f16";
  const { words, scales } = encodeQ4(values, shape, stored);
  const scaleBytes = encodeFloats(scales, format === "q4-f32" ? "f32" : stored);
  const bytes = new Uint8Array(words.byteLength + Math.ceil(scaleBytes.length / 4) * 4);
  bytes.set(new Uint8Array(words.buffer));
  bytes.set(scaleBytes, words.byteLength);
  return bytes;
}

export const WEIGHT_FORMATS: readonly WeightFormat[] = [
  "f16",
  "bf16",
  "f32",
  "q4-f16",
  "q4-bf16",
  "q4-f32",
  "affine4-f16",
  "affine8-f16",
  "affine4-k",
  "affine8-k",
];

/** The least number of columns that a matrix of a format can have, and that is not below `columns`. */
export const columnsOf = (format: WeightFormat, columns: number): number =>
  Math.ceil(columns / columnUnit(format)) * columnUnit(format);

/** Every way to add up lanes that the device has: through workgroup memory, and through subgroups. */
export function laneSharings({ adapter }: DeviceHarness): LaneSharing[] {
  const workgroup = [
    { lanes: 16, workgroup: 16, subgroups: false },
    { lanes: 8, workgroup: 64, subgroups: false },
  ];
  const lanes = Math.min(adapter.subgroupLanes, 32);
  return lanes === 0 ? workgroup : [...workgroup, { lanes, workgroup: 64, subgroups: true }];
}

/** Bound of Σ|w·x| over a linear layer's rows. A rounding error in such a sum is relative to it. */
export function magnitudeOf(weights: Float32Array, x: Float32Array, columns: number): number {
  const peak = (values: Float32Array) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return peak(weights) * peak(x) * columns;
}
