/**
 * @file The bytes of a stored KV value: one layer group of one chunk.
 *
 * All numbers little-endian u32.
 *
 *   0   magic "RKKV"          16  first layer
 *   4   format version        20  layers
 *   8   codec                 24  KV heads
 *   12  tokens                28  head dimension
 *   32  for each layer: offset of its rows from the start of the value
 *   …   rows: [tokens, 2, kvHeads, headDim], in the codec's encoding
 *
 * Two layers may name the same offset: that is how layers that share their KV are stored. The checksum
 * is the store's business, which keeps it beside the value.
 */

import { assert } from "../shared/assert.ts";
import type { IndexRange } from "../shared/index-range.ts";

const MAGIC = 0x564b4b52; // "RKKV"
const VERSION = 1;
const FIXED_WORDS = 8;

/** Stored numbers of codecs; never reused. */
const CODECS = { f16: 1 } as const;

export type KvCodecName = keyof typeof CODECS;

export interface ChunkValueShape {
  codec: KvCodecName;
  tokens: number;
  layers: IndexRange;
  kvHeads: number;
  headDim: number;
}

const rowsBytes = ({ tokens, kvHeads, headDim }: ChunkValueShape): number =>
  tokens * 2 * kvHeads * headDim * 2;

function header(shape: ChunkValueShape): Uint32Array<ArrayBuffer> {
  const { codec, tokens, layers, kvHeads, headDim } = shape;
  const count = layers.end - layers.start;
  const words = FIXED_WORDS + count;
  const fixed = [MAGIC, VERSION, CODECS[codec], tokens, layers.start, count, kvHeads, headDim];
  const offsets = Array.from({ length: count }, (_, i) => words * 4 + i * rowsBytes(shape));
  return Uint32Array.of(...fixed, ...offsets);
}

/** Of a value of this shape. */
export function chunkValueBytes(shape: ChunkValueShape): number {
  const count = shape.layers.end - shape.layers.start;
  return (FIXED_WORDS + count) * 4 + count * rowsBytes(shape);
}

/**
 * @param rows all layers' rows one after the other: [layers, tokens, 2, kvHeads, headDim] f16
 */
export function encodeChunkValue(
  shape: ChunkValueShape,
  rows: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(chunkValueBytes(shape));
  const head = new Uint8Array(header(shape).buffer);
  assert(head.length + rows.length === value.length, `${rows.length} bytes are not the rows`);
  value.set(head);
  value.set(rows, head.length);
  return value;
}

/**
 * The rows of each layer, as views of `value`; undefined if it is not a value of exactly this shape:
 * another model's or version's, cut short, or not one of ours at all.
 */
export function decodeChunkValue(
  shape: ChunkValueShape,
  value: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] | undefined {
  const expected = header(shape);
  if (value.length !== chunkValueBytes(shape)) return undefined;
  const found = new Uint32Array(value.slice(0, expected.byteLength).buffer);
  if (!expected.every((word, i) => word === found[i])) return undefined;
  const size = rowsBytes(shape);
  const offsets = expected.slice(FIXED_WORDS);
  return Array.from(offsets, (offset) => value.subarray(offset, offset + size));
}
