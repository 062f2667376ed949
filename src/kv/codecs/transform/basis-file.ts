/**
 * @file The bytes of a transform basis, as they are shipped with a model or kept on a device. Little-endian:
 *
 *   u32 magic "RKTB", version, KV heads, head dimension, groups, wide components
 *   u32 for each group: first layer, end, components of K, of V
 *   for each group, K then V:
 *     f32 mean [channels]
 *     f32 scale and i16 lower triangle, for each layer and head: the weighting
 *     f32 deviation [components]
 *     f32 scale and i8 [channels], for each of the wide components, which come first
 *     f32 scale and i4 [channels], two to a byte, the lower half first, for each of the others
 *   zeros to a whole word
 */

import type { IndexRange } from "../../../shared/index-range.ts";
import {
  componentsOf,
  sidesOf,
  type BasisGroup,
  type BasisShape,
  type BasisSide,
  type TransformBasis,
} from "../transform-basis.ts";
import { orthonormalise } from "./orthonormalise.ts";
import { NumberReader, NumberWriter } from "./scaled-numbers.ts";

const MAGIC = 0x42544b52; // "RKTB"
const VERSION = 1;
const HEAD_WORDS = 6;
const GROUP_WORDS = 4;
/** A group has at least one layer, and no model has this many layers. */
const MAX_GROUPS = 1024;

type Bytes = Uint8Array<ArrayBuffer>;

const channelsOf = ({ kvHeads, headDim }: BasisShape, { start, end }: IndexRange): number =>
  (end - start) * kvHeads * headDim;

interface FileShape extends BasisShape {
  wideComponents: number;
}

interface SideShape extends FileShape {
  layers: number;
  components: number;
}

function sideBytes({ layers, kvHeads, headDim, ...side }: SideShape): number {
  const channels = layers * kvHeads * headDim;
  const triangle = (headDim * (headDim + 1)) / 2;
  const weighting = layers * kvHeads * (4 + 2 * triangle);
  const wide = Math.min(side.wideComponents, side.components);
  const numbers = wide * channels + (side.components - wide) * Math.ceil(channels / 2);
  return 4 * channels + weighting + side.components * (4 + 4) + numbers;
}

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Bytes of the file of a basis with these components of each side in each group. */
export function basisBytes(
  shape: FileShape,
  groups: readonly { layers: number; components: readonly [number, number] }[],
): number {
  const sides = groups.flatMap(({ layers, components }) =>
    components.map((count) => sideBytes({ ...shape, layers, components: count })),
  );
  const head = 4 * (HEAD_WORDS + GROUP_WORDS * groups.length);
  return padded(head + sides.reduce((sum, bytes) => sum + bytes, 0));
}

export function encodeBasis(basis: TransformBasis): Bytes {
  const { kvHeads, headDim, groups, wideComponents } = basis;
  const sizes = groups.map((group) => {
    return { layers: group.layers.end - group.layers.start, components: componentsOf(group) };
  });
  const bytes = new Uint8Array(basisBytes(basis, sizes));
  const writer = new NumberWriter(bytes);
  for (const word of [MAGIC, VERSION, kvHeads, headDim, groups.length, wideComponents])
    writer.u32(word);
  for (const group of groups)
    for (const word of [group.layers.start, group.layers.end, ...componentsOf(group)])
      writer.u32(word);
  for (const group of groups) for (const side of sidesOf(group)) writeSide(writer, side, basis);
  return bytes;
}

function writeSide(
  writer: NumberWriter,
  side: BasisSide,
  { headDim, wideComponents }: FileShape,
): void {
  const { mean, weighting, deviations, components } = side;
  for (const value of mean) writer.f32(value);
  for (let at = 0; at < weighting.length; at += headDim * headDim)
    writer.scaled(lowerTriangle(weighting.subarray(at, at + headDim * headDim), headDim), 16);
  for (const deviation of deviations) writer.f32(deviation);
  for (let at = 0; at < components.length; at += mean.length)
    writer.scaled(
      components.subarray(at, at + mean.length),
      at < wideComponents * mean.length ? 8 : 4,
    );
}

/** What a file says of a basis before its numbers. */
export interface BasisHeader extends BasisShape {
  wideComponents: number;
  groups: readonly { layers: IndexRange; components: readonly [number, number] }[];
}

/**
 * Undefined for what is not a basis of this version, and for what is not accepted. Components are orthonormal,
 * but for what a byte rounds. Where half a byte rounded them, they are made orthonormal again.
 *
 * @param accepts is asked before anything is made of the file. The header that it looks at claims no more than the
 *   file has bytes for
 */
export function decodeBasis(
  bytes: Bytes,
  accepts: (header: BasisHeader) => boolean = () => true,
): TransformBasis | undefined {
  const reader = new NumberReader(bytes);
  const header = readHeader(reader, bytes.length);
  if (!header || !accepts(header)) return undefined;
  const { groups: heads, ...shape } = header;
  const groups = heads.map(({ layers, components: [keys, values] }): BasisGroup => {
    const length = layers.end - layers.start;
    return {
      layers,
      keys: readSide(reader, { ...shape, layers: length, components: keys }),
      values: readSide(reader, { ...shape, layers: length, components: values }),
    };
  });
  const isWhole = groups.flatMap(sidesOf).every((side) => canBeUndone(side, header));
  return isWhole ? { ...shape, groups } : undefined;
}

/** Whether every weighting is positive definite, and so has an inverse. Found by elimination. */
function canBeUndone({ weighting }: BasisSide, { headDim }: BasisShape): boolean {
  for (let block = 0; block < weighting.length; block += headDim ** 2) {
    const rows = Float64Array.from(weighting.subarray(block, block + headDim ** 2));
    for (let pivot = 0; pivot < headDim; pivot++) {
      const value = rows[pivot * headDim + pivot] ?? 0;
      if (!(value > 0)) return false;
      for (let row = pivot + 1; row < headDim; row++) {
        const factor = (rows[row * headDim + pivot] ?? 0) / value;
        for (let c = pivot; c < headDim; c++)
          rows[row * headDim + c] =
            (rows[row * headDim + c] ?? 0) - factor * (rows[pivot * headDim + c] ?? 0);
      }
    }
  }
  return true;
}

/** Undefined unless the file is exactly as long as it says it is. */
function readHeader(reader: NumberReader, length: number): BasisHeader | undefined {
  if (length < 4 * HEAD_WORDS) return undefined;
  if (reader.u32() !== MAGIC || reader.u32() !== VERSION) return undefined;
  const [kvHeads, headDim] = [reader.u32(), reader.u32()];
  const [count, wideComponents] = [reader.u32(), reader.u32()];
  if (kvHeads * headDim === 0 || count > MAX_GROUPS) return undefined;
  if (length < 4 * (HEAD_WORDS + GROUP_WORDS * count)) return undefined;
  const shape = { kvHeads, headDim, wideComponents };
  const groups = Array.from({ length: count }, () => {
    const layers = { start: reader.u32(), end: reader.u32() };
    return { layers, components: [reader.u32(), reader.u32()] as const };
  });
  if (!areConsecutive(groups, shape)) return undefined;
  const sizes = groups.map(({ layers, components }) => {
    return { layers: layers.end - layers.start, components };
  });
  return length === basisBytes(shape, sizes) ? { ...shape, groups } : undefined;
}

function areConsecutive(groups: BasisHeader["groups"], shape: BasisShape): boolean {
  let layer = 0;
  for (const { layers, components } of groups) {
    const channels = channelsOf(shape, layers);
    if (layers.start !== layer || layers.end <= layer) return false;
    if (components.some((number) => number > channels)) return false;
    layer = layers.end;
  }
  return true;
}

/** Multiplications that it takes to read a basis: those of making components orthonormal, which grow the fastest. */
export function basisWork({ groups, wideComponents, ...shape }: BasisHeader): number {
  return groups.reduce((sum, { layers, components }) => {
    const channels = channelsOf(shape, layers);
    const uneven = components.filter((count) => count > wideComponents);
    return sum + uneven.reduce((side, count) => side + 2 * count ** 2 * channels, 0);
  }, 0);
}

function readSide(reader: NumberReader, shape: SideShape): BasisSide {
  const { layers, kvHeads, headDim, wideComponents, components: count } = shape;
  const channels = layers * kvHeads * headDim;
  const mean = Float32Array.from({ length: channels }, () => reader.f32());
  const weighting = new Float32Array(layers * kvHeads * headDim * headDim);
  const triangle = new Float32Array((headDim * (headDim + 1)) / 2);
  for (let at = 0; at < weighting.length; at += headDim * headDim) {
    reader.scaled(triangle, 16);
    fillSymmetric(weighting.subarray(at, at + headDim * headDim), triangle, headDim);
  }
  const deviations = Float32Array.from({ length: count }, () => reader.f32());
  const components = new Float32Array(count * channels);
  for (let at = 0; at < components.length; at += channels)
    reader.scaled(components.subarray(at, at + channels), at < wideComponents * channels ? 8 : 4);
  if (count > wideComponents) orthonormalise(components, channels);
  return { mean, weighting, deviations, components };
}

function lowerTriangle(matrix: Float32Array, size: number): Float32Array {
  const numbers: number[] = [];
  for (let row = 0; row < size; row++)
    numbers.push(...matrix.subarray(row * size, row * size + row + 1));
  return Float32Array.from(numbers);
}

function fillSymmetric(matrix: Float32Array, triangle: Float32Array, size: number): void {
  let at = 0;
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const value = triangle[at++] ?? 0;
      matrix[row * size + column] = value;
      matrix[column * size + row] = value;
    }
}
