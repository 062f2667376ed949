/**
 * @file The bytes of a stored KV value: one layer group of one chunk.
 *
 * All numbers little-endian u32.
 *
 *   0   magic "RKKV"          16  first layer
 *   4   format version        20  layers
 *   8   tokens                24  KV heads
 *   12  sink tokens           28  head dimension
 *   32  for each layer: codec, partner (all bits set without one), offset of its section from the start
 *       of the value, length of what is coded
 *   …   sections, one after the other, in the order of layers
 *
 * A section is the sink tokens' rows, [sink tokens, 2, kvHeads, headDim] f16, then all of the run's in the
 * codec's encoding (row-codec.ts; f16: [tokens, 2, kvHeads, headDim], and then there are no sinks apart).
 * A layer that has a partner shares with it: the section of the shallower one is both layers' sinks, then
 * the pair as pair-coder.ts has it; that of the deeper one is empty. The two may be in different values.
 * Where layers are transformed together, the first has, after its own sinks, the 8 bytes that name the basis,
 * then the group's block (component-header.ts); the others have their sinks only.
 * The checksum is the store's business, which keeps it beside the value.
 */

import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { rowBytes } from "../cache/kv-cache.ts";
import { EXACT_CODEC } from "../codecs/exact/exact-family.ts";
import { CODECS } from "./codec-families.ts";
import type { CodecRegistry } from "./codec-registry.ts";

const MAGIC = 0x564b4b52; // "RKKV"
/** Part of the fingerprint: values of another version are never looked for. */
export const CHUNK_VALUE_VERSION = 2;
const FIXED_WORDS = 8;
const LAYER_WORDS = 4;
const NO_PARTNER = 0xffffffff;

type Bytes = Uint8Array<ArrayBuffer>;

/** What every value of a layer group of a model's cache has to agree with. */
export interface ChunkValueShape {
  tokens: number;
  layers: IndexRange;
  kvHeads: number;
  headDim: number;
  /** Layers of the whole model: a partner is one of them. */
  modelLayers: number;
}

/** One layer's part of a value. */
export interface StoredLayer {
  layer: number;
  /** Its name, as the registry has it. */
  codec: string;
  /** The layer that it shares with, if any. */
  partner?: number;
  /** Sink tokens' rows, of both layers if it keeps a pair's. */
  sinks: Bytes;
  coded: Bytes;
}

export interface ChunkValue {
  sinkTokens: number;
  layers: StoredLayer[];
}

/** @param layers all of the group's, in order */
export function encodeChunkValue(
  shape: ChunkValueShape,
  { sinkTokens, layers }: ChunkValue,
  codecs: CodecRegistry = CODECS,
): Bytes {
  const { tokens, kvHeads, headDim } = shape;
  const { start, end } = shape.layers;
  assert(layers.length === end - start, `${layers.length} layers are not the group's`);
  let offset = (FIXED_WORDS + LAYER_WORDS * layers.length) * 4;
  const words = [MAGIC, CHUNK_VALUE_VERSION, tokens, sinkTokens, start, layers.length];
  words.push(kvHeads, headDim);
  for (const [i, one] of layers.entries()) {
    assert(one.layer === start + i, `layer ${one.layer} is out of order`);
    const { length } = one.sinks;
    assert(
      length === sinkBytes(shape, one, sinkTokens, codecs),
      `${length} bytes are not the sinks`,
    );
    words.push(codecs.numberOf(one.codec), one.partner ?? NO_PARTNER, offset, one.coded.length);
    offset += length + one.coded.length;
  }
  const value = new Uint8Array(offset);
  const sections = layers.flatMap(({ sinks, coded }) => [sinks, coded]);
  let at = 0;
  for (const part of [new Uint8Array(Uint32Array.from(words).buffer), ...sections]) {
    value.set(part, at);
    at += part.length;
  }
  return value;
}

/**
 * The parts of a value, as views of it; undefined if it is not a value of exactly this shape: another
 * model's or version's, cut short, or not one of ours at all. How long a coded part has to be is its
 * coder's to know.
 */
export function decodeChunkValue(
  shape: ChunkValueShape,
  value: Bytes,
  codecs: CodecRegistry = CODECS,
): ChunkValue | undefined {
  const { tokens, layers, kvHeads, headDim } = shape;
  const count = layers.end - layers.start;
  const headWords = FIXED_WORDS + LAYER_WORDS * count;
  if (value.length < headWords * 4) return undefined;
  const words = new Uint32Array(value.slice(0, headWords * 4).buffer);
  const sinkTokens = words[3] ?? 0;
  const expected = [MAGIC, CHUNK_VALUE_VERSION, tokens, sinkTokens, layers.start, count];
  expected.push(kvHeads, headDim);
  if (sinkTokens > tokens || !expected.every((word, i) => word === words[i])) return undefined;
  const found: StoredLayer[] = [];
  let offset = headWords * 4;
  for (let i = 0; i < count; i++) {
    const [codecNumber = 0, partner = 0, at, codedBytes = 0] = words.subarray(
      FIXED_WORDS + LAYER_WORDS * i,
    );
    const layer = layers.start + i;
    const codec = codecs.codecNumbered(codecNumber);
    const alone = partner === NO_PARTNER;
    if (!codec || at !== offset || (!alone && !isPartner(shape, layer, partner))) return undefined;
    const one = { layer, codec, ...(!alone && { partner }) };
    const codedAt = offset + sinkBytes(shape, one, sinkTokens, codecs);
    offset = codedAt + codedBytes;
    if (offset > value.length) return undefined;
    const sinks = value.subarray(at, codedAt);
    found.push({ ...one, sinks, coded: value.subarray(codedAt, offset) });
  }
  return offset === value.length ? { sinkTokens, layers: found } : undefined;
}

/** Rows of the layer's section that are apart from the coded ones. */
function sinkBytes(
  shape: ChunkValueShape,
  { layer, codec, partner }: Pick<StoredLayer, "layer" | "codec" | "partner">,
  sinkTokens: number,
  codecs: CodecRegistry,
): number {
  const bytes = sinkTokens * rowBytes(shape);
  if (partner === undefined) return codecs.familyOf(codec).isExact ? 0 : bytes;
  return partner > layer ? 2 * bytes : 0;
}

const isPartner = ({ modelLayers }: ChunkValueShape, layer: number, partner: number): boolean =>
  partner !== layer && partner < modelLayers;

/** A value whose rows are as they are in the cache: [layers, tokens, 2, kvHeads, headDim] f16. */
export function encodeExactValue(shape: ChunkValueShape, rows: Bytes): Bytes {
  const { start, end } = shape.layers;
  const layerBytes = shape.tokens * rowBytes(shape);
  assert(rows.length === layerBytes * (end - start), `${rows.length} bytes are not the rows`);
  const layers = Array.from({ length: end - start }, (_, i): StoredLayer => {
    const coded = rows.subarray(i * layerBytes, (i + 1) * layerBytes);
    return { layer: start + i, codec: EXACT_CODEC, sinks: new Uint8Array(), coded };
  });
  return encodeChunkValue(shape, { sinkTokens: 0, layers });
}

/** Bytes of such a value. */
export function exactValueBytes(shape: ChunkValueShape): number {
  const count = shape.layers.end - shape.layers.start;
  return (FIXED_WORDS + LAYER_WORDS * count) * 4 + count * shape.tokens * rowBytes(shape);
}
