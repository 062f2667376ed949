import { f16ToF32, f32ToF16 } from "../../src/shared/number-formats.ts";
import { AFFINE_FORMATS, affineBytes, type AffineFormat } from "./affine-format.ts";

/** Levels of the codes that are written. What becomes `affine8-k` has 6 bits at most. */
const LEVELS: Record<AffineFormat, number> = {
  "affine4-f16": 16,
  "affine8-f16": 256,
  "affine4-k": 16,
  "affine8-k": 64,
};

interface Affine {
  scale: number;
  minimum: number;
}

/** What the bytes of a group are factors of in the `…-k` formats: 64 of them are enough for values in [-1, 1]. */
const pairOf = (levels: number): Affine => ({
  scale: roundF16(2 / (levels - 1) / 64),
  minimum: roundF16(1 / 64),
});

const roundF16 = (value: number): number => f16ToF32(f32ToF16(value));

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(Math.round(value), least), most);

/** Bytes of a matrix that is near to `values` in [-1, 1]. Every group has a scale and a minimum of its own. */
export function packAffine(format: AffineFormat, values: Float32Array): Uint8Array<ArrayBuffer> {
  const { bits, zero, groupColumns } = AFFINE_FORMATS[format];
  const levels = LEVELS[format];
  const lowest = zero === 0 ? 0 : -levels / 2;
  const { codes, scales } = affineBytes(format, values.length);
  const view = new DataView(new ArrayBuffer(codes + scales));
  for (let group = 0; group < values.length / groupColumns; group++) {
    const first = group * groupColumns;
    const slice = values.subarray(first, first + groupColumns);
    const peak = slice.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const step = (2 * peak) / (levels - 1);
    const { scale, minimum } = writeScales(view, format, group, {
      values: values.length,
      wanted: { scale: step, minimum: -peak - step * lowest },
    });
    slice.forEach((value, i) => {
      const code = zero + clamp((value - minimum) / scale, lowest, lowest + levels - 1);
      const at = Math.floor(((first + i) * bits) / 8);
      view.setUint8(at, bits === 8 ? code : view.getUint8(at) | (code << (4 * (i % 2))));
    });
  }
  return new Uint8Array(view.buffer);
}

/** Writes the scale and the minimum of a group, and returns what they were rounded to. */
function writeScales(
  view: DataView<ArrayBuffer>,
  format: AffineFormat,
  group: number,
  { values, wanted }: { values: number; wanted: Affine },
): Affine {
  const { groupColumns, pairColumns } = AFFINE_FORMATS[format];
  const { codes, groupBytes } = affineBytes(format, values);
  const at = codes + groupBytes + 4 * Math.floor((group * groupColumns) / pairColumns);
  const inPlace = groupBytes === 0;
  const pair = inPlace
    ? { scale: roundF16(wanted.scale), minimum: roundF16(wanted.minimum) }
    : pairOf(LEVELS[format]);
  view.setUint16(at, f32ToF16(pair.scale), true);
  view.setUint16(at + 2, f32ToF16(pair.minimum), true);
  if (inPlace) return pair;
  const scale = clamp(wanted.scale / pair.scale, 1, 127);
  const minimum = clamp(wanted.minimum / pair.minimum, -128, 127);
  view.setInt8(codes + 2 * group, scale);
  view.setInt8(codes + 2 * group + 1, minimum);
  return { scale: scale * pair.scale, minimum: minimum * pair.minimum };
}
