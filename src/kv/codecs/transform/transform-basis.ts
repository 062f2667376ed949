/**
 * @file What a transform codec knows of a model: for each group of layers, in which directions the K and V
 * of a token vary, in a space in which equal errors do equal harm.
 *
 * Numbers of a token go there by the weighting W of their layer and KV head, x ↦ W x: K's is the square
 * root of the second moment of the queries that will meet it, over the rotations between them; V's is that
 * of the output projection; both times that of the layer's sensitivity (KL of the next token per unit of
 * noise), so that the unit of the space is a square root of nats. There the group's numbers less their mean
 * are written in an orthonormal basis, the directions of the most variance first.
 *
 * Sources: KVTC (arXiv:2511.01815) for the basis over all layers and heads, K and V apart, RoPE undone;
 * the weighting is ours.
 *
 * Serialised, little-endian:
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

import { assert } from "../../../shared/assert.ts";
import type { IndexRange } from "../../../shared/index-range.ts";

const MAGIC = 0x42544b52; // "RKTB"
const VERSION = 1;
const HEAD_WORDS = 6;
const GROUP_WORDS = 4;
/** A group has at least a layer, and no model has as many. */
const MAX_GROUPS = 1024;

type Bytes = Uint8Array<ArrayBuffer>;

export interface BasisShape {
  kvHeads: number;
  headDim: number;
}

/** K or V of a group of layers; channels = layers × kvHeads × headDim, in this order. */
export interface BasisSide {
  /** [channels], not weighted */
  mean: Float32Array;
  /** W: [layers, kvHeads, headDim, headDim], symmetric and positive definite */
  weighting: Float32Array;
  /** Of each component over the text it was fitted on: [components], falling */
  deviations: Float32Array;
  /** [components, channels], rows orthonormal, in the weighted space */
  components: Float32Array;
}

export interface BasisGroup {
  layers: IndexRange;
  keys: BasisSide;
  values: BasisSide;
}

export interface TransformBasis extends BasisShape {
  /**
   * Components of a side that are worth a byte a number in the file, the first ones. Of weaker ones half a
   * byte is enough: what it rounds is as weak.
   */
  wideComponents: number;
  /** In the order of layers, without gaps. */
  groups: readonly BasisGroup[];
}

const channelsOf = ({ kvHeads, headDim }: BasisShape, { start, end }: IndexRange): number =>
  (end - start) * kvHeads * headDim;

export const sidesOf = ({ keys, values }: BasisGroup): readonly [BasisSide, BasisSide] => [
  keys,
  values,
];

/** How many components each side has. */
export const componentsOf = (group: BasisGroup): readonly [number, number] => [
  group.keys.deviations.length,
  group.values.deviations.length,
];

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

/** In bytes, with so many components of each side in each group. */
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
  const writer = new Writer(bytes);
  for (const word of [MAGIC, VERSION, kvHeads, headDim, groups.length, wideComponents])
    writer.u32(word);
  for (const group of groups)
    for (const word of [group.layers.start, group.layers.end, ...componentsOf(group)])
      writer.u32(word);
  for (const group of groups) for (const side of sidesOf(group)) writeSide(writer, side, basis);
  return bytes;
}

function writeSide(writer: Writer, side: BasisSide, { headDim, wideComponents }: FileShape): void {
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
 * Undefined for what is not a basis of this version, and for what is not accepted. Components are orthonormal but for
 * what a byte rounds; where half a byte rounded them, they are made so again.
 *
 * @param accepts looks at what the file says it holds, which is as much as it has bytes for, before anything of it is
 *   made
 */
export function decodeBasis(
  bytes: Bytes,
  accepts: (header: BasisHeader) => boolean = () => true,
): TransformBasis | undefined {
  const reader = new Reader(bytes);
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

/** Whether every weighting is positive definite, by elimination: then it has an inverse. */
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
function readHeader(reader: Reader, length: number): BasisHeader | undefined {
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

function readSide(reader: Reader, shape: SideShape): BasisSide {
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

/**
 * Gram-Schmidt, twice, in place. A row that is nothing but those before it becomes zero.
 *
 * @param length of a row
 */
export function orthonormalise(rows: Float32Array, length: number): void {
  for (let at = 0; at < rows.length; at += length) {
    const row = rows.subarray(at, at + length);
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < at; other += length)
        subtractProjection(row, rows.subarray(other, other + length));
    const norm = Math.sqrt(dot(row, row));
    const scale = norm > 1e-6 ? 1 / norm : 0;
    for (let i = 0; i < length; i++) row[i] = (row[i] ?? 0) * scale;
  }
}

function subtractProjection(row: Float32Array, other: Float32Array): void {
  const share = dot(row, other);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) - share * (other[i] ?? 0);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Of a number, as an integer of the largest one's scale. */
type CodeBits = 4 | 8 | 16;

class Writer {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  f32(value: number): void {
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  /** Numbers as integers of the largest one's scale. */
  scaled(numbers: Float32Array, bits: CodeBits): void {
    const most = 2 ** (bits - 1) - 1;
    const scale = numbers.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / most;
    this.f32(scale);
    for (const [i, value] of numbers.entries()) {
      const code = scale > 0 ? Math.round(value / scale) : 0;
      const at = this.#at + Math.floor((i * bits) / 8);
      if (bits === 16) this.#view.setInt16(at, code, true);
      else if (bits === 8) this.#view.setInt8(at, code);
      else this.#view.setUint8(at, this.#view.getUint8(at) | ((code & 15) << (4 * (i % 2))));
    }
    this.#at += Math.ceil((numbers.length * bits) / 8);
  }
}

class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  /** Finite: anything else is 0. */
  f32(): number {
    this.#at += 4;
    const value = this.#view.getFloat32(this.#at - 4, true);
    return Number.isFinite(value) ? value : 0;
  }

  scaled(numbers: Float32Array, bits: CodeBits): void {
    const scale = this.f32();
    for (let i = 0; i < numbers.length; i++) {
      const at = this.#at + Math.floor((i * bits) / 8);
      if (bits === 16) numbers[i] = this.#view.getInt16(at, true) * scale;
      else if (bits === 8) numbers[i] = this.#view.getInt8(at) * scale;
      else numbers[i] = ((this.#view.getUint8(at) << (28 - 4 * (i % 2))) >> 28) * scale;
    }
    this.#at += Math.ceil((numbers.length * bits) / 8);
  }
}

/** A basis is of a model of these layers and heads. */
export function assertFits(basis: TransformBasis, shape: BasisShape & { layers: number }): void {
  const { kvHeads, headDim, groups } = basis;
  const isOurs = kvHeads === shape.kvHeads && headDim === shape.headDim;
  assert(isOurs && groups.at(-1)?.layers.end === shape.layers, "the basis is another model's");
}
