/**
 * @file What was learned of a model's rows, as bytes.
 *
 * Little-endian:
 *
 *   u32 magic "RKRS", version, groups
 *   u32 tokens of the query moments, numbers of them
 *   u32 for each group: tokens, channels
 *   u32 for each of its sides: vectors of the sketch (0: exact), 1 if it is not the first one
 *   f32 query moments
 *   f32 for each group, K then V: reference, sums, products; the sketch, if it is not the first one
 *
 * Exact products are stored on and above the diagonal only.
 */

import type { HeadMoments } from "./basis-weighting.ts";
import type { GroupStatistics } from "./row-statistics.ts";
import { firstSketch, type SideStatistics } from "./side-statistics.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MAGIC = 0x53524b52; // "RKRS"
const VERSION = 1;
const HEAD_WORDS = 5;
const GROUP_WORDS = 6;
/** More channels or vectors than any model has. A file that claims more is not read. */
const MOST = 1 << 16;

export interface LearnedRows {
  groups: readonly GroupStatistics[];
  queries?: HeadMoments;
}

export function encodeLearnedRows({ groups, queries }: LearnedRows): Bytes {
  const words: number[] = [MAGIC, VERSION, groups.length];
  words.push(queries?.tokens ?? 0, queries?.sums.length ?? 0);
  const numbers: Float32Array[] = [Float32Array.from(queries?.sums ?? [])];
  for (const group of groups) {
    words.push(group[0].tokens, group[0].reference.length);
    for (const side of group) {
      const { reference, sums, products, sketch } = side;
      const size = sketch ? sketch.length / reference.length : 0;
      const isFirst = sketch === undefined || beginsAs(sketch, firstSketch(1, size));
      words.push(size, isFirst ? 0 : 1);
      numbers.push(reference, sums, sketch ? products : upperOf(products, reference.length));
      if (sketch && !isFirst) numbers.push(sketch);
    }
  }
  const count = numbers.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(4 * (words.length + count));
  new Uint32Array(bytes.buffer).set(words);
  const floats = new Float32Array(bytes.buffer);
  let at = words.length;
  for (const part of numbers) {
    floats.set(part, at);
    at += part.length;
  }
  return bytes;
}

interface GroupHead {
  tokens: number;
  channels: number;
  sides: readonly { size: number; isFirst: boolean }[];
}

/** Undefined for bytes that this version has not written. */
export function decodeLearnedRows(bytes: Bytes): LearnedRows | undefined {
  if (bytes.length % 4 !== 0 || bytes.length < 4 * HEAD_WORDS) return undefined;
  const { buffer } = bytes.byteOffset === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(buffer, 0, bytes.length / 4);
  const [magic, version, count = 0, queryTokens = 0, queryNumbers = 0] = words;
  const start = HEAD_WORDS + GROUP_WORDS * count;
  if (magic !== MAGIC || version !== VERSION || words.length < start) return undefined;
  const heads = Array.from({ length: count }, (_, i): GroupHead => {
    const [tokens = 0, channels = 0, ...sides] = words.subarray(HEAD_WORDS + GROUP_WORDS * i);
    const side = (at: number) => ({ size: sides[at] ?? 0, isFirst: sides[at + 1] === 0 });
    return { tokens, channels, sides: [side(0), side(2)] };
  });
  if (heads.some(({ channels, sides }) => channels > MOST || sides.some(({ size }) => size > MOST)))
    return undefined;
  const length = heads.reduce((sum, head) => sum + numbersOf(head), start + queryNumbers);
  if (words.length !== length) return undefined;
  const reader = new Reader(new Float32Array(buffer, 4 * start, words.length - start));
  const queries = { sums: Float64Array.from(reader.next(queryNumbers)), tokens: queryTokens };
  const groups = heads.map((head) => readGroup(reader, head));
  if (!reader.isFinite) return undefined;
  return { groups, ...(queryNumbers > 0 && { queries }) };
}

function numbersOf({ channels, sides }: GroupHead): number {
  const sideNumbers = sides.map(({ size, isFirst }) => {
    const products = size === 0 ? (channels * (channels + 1)) / 2 : channels * size;
    return 2 * channels + products + (isFirst ? 0 : channels * size);
  });
  return sideNumbers.reduce((sum, numbers) => sum + numbers, 0);
}

function readGroup(reader: Reader, { tokens, channels, sides }: GroupHead): GroupStatistics {
  const read = (at: number): SideStatistics => {
    const { size = 0, isFirst = true } = sides[at] ?? {};
    const [reference, sums] = [reader.next(channels), reader.next(channels)];
    if (size === 0) {
      const upper = reader.next((channels * (channels + 1)) / 2);
      return { tokens, reference, sums, products: squareOf(upper, channels) };
    }
    const products = reader.next(channels * size);
    const sketch = isFirst ? firstSketch(channels, size) : reader.next(channels * size);
    return { tokens, reference, sums, products, sketch };
  };
  return [read(0), read(1)];
}

function upperOf(square: Float32Array, size: number): Float32Array {
  const upper = new Float32Array((size * (size + 1)) / 2);
  for (let row = 0, at = 0; row < size; at += size - row, row++)
    upper.set(square.subarray(row * size + row, (row + 1) * size), at);
  return upper;
}

function squareOf(upper: Float32Array, size: number): Float32Array {
  const square = new Float32Array(size * size);
  for (let row = 0, at = 0; row < size; at += size - row, row++)
    square.set(upper.subarray(at, at + size - row), row * size + row);
  return square;
}

const beginsAs = (all: Float32Array, start: Float32Array): boolean =>
  start.every((value, i) => value === all[i]);

class Reader {
  readonly #numbers: Float32Array<ArrayBuffer>;
  #at = 0;

  constructor(numbers: Float32Array<ArrayBuffer>) {
    this.#numbers = numbers;
  }

  next(count: number): Float32Array<ArrayBuffer> {
    this.#at += count;
    return this.#numbers.slice(this.#at - count, this.#at);
  }

  /** All of them. */
  get isFinite(): boolean {
    for (const value of this.#numbers) if (!Number.isFinite(value)) return false;
    return true;
  }
}
