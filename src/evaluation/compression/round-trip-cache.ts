/** @file Codes and decodes rows of a conversation in place, on the GPU and chunk by chunk, as storing does. */

import type { Device } from "../../device/device.ts";
import { RECENT_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { CodedRows, MergedRows } from "./row-merges.ts";
import { createPairCoder, type PairCoder } from "../../kv/codecs/pairs/pair-coder.ts";
import { rowCodec, type RowCodecName } from "../../kv/codecs/rows/row-codec.ts";
import { createRowCoder } from "../../kv/codecs/rows/row-coder.ts";
import type { LayerPair } from "../../kv/sharing/select-pairs.ts";
import { familyOf } from "../../kv/value/codec-families.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";

export type Codec = RowCodecName | "f16";

/** Transforms code blocks of this many tokens. Other codecs code the same tokens, so that all are comparable. */
const BLOCK_TOKENS = 32;

/** The tokens of a conversation that are coded: all but sinks and recent window. @param tokens their total number */
export function oldTokens(tokens: number): IndexRange {
  const end = Math.floor((tokens - RECENT_TOKENS) / BLOCK_TOKENS) * BLOCK_TOKENS;
  return { start: SINK_TOKENS, end: Math.max(SINK_TOKENS, end) };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A codec on the GPU, whose two directions can be called separately. */
export interface CacheCoder {
  /** Bytes of a run of one layer. */
  codedBytes(tokens: number): number;
  /** Code a run of all layers. @returns bytes of each layer */
  encode(run: IndexRange): Promise<Bytes[]>;
  /** Submit the decoding of what `encode` returned into the cache; do not wait for it. */
  decode(run: IndexRange, coded: readonly Bytes[]): void;
  destroy(): void;
}

interface CacheParts {
  device: Device;
  cache: KvCache;
  frequencies: readonly number[];
}

async function createCacheCoder(
  { device, cache, frequencies }: CacheParts,
  codec: Codec,
): Promise<CacheCoder> {
  const layers = [...cache.layers.keys()];
  if (codec === "f16")
    return {
      codedBytes: (tokens) => tokens * cache.rowBytes,
      encode: (run) => Promise.all(layers.map((layer) => cache.readRows(layer, run))),
      decode: ({ start }, coded) => {
        for (const [layer, bytes] of coded.entries()) cache.writeRows(layer, start, bytes);
      },
      destroy: () => undefined,
    };
  const coder = await createRowCoder(device, cache, rowCodec(codec), { frequencies });
  const runOf = ({ start, end }: IndexRange) => ({ start, tokens: end - start });
  return {
    codedBytes: (tokens) => coder.codedBytes(tokens),
    encode: (run) => coder.encode(layers, { ...runOf(run), skip: 0 }),
    decode: (run, coded) => {
      coder.decodeLayers(
        coded.map((bytes, layer) => ({ layer, coded: bytes })),
        runOf(run),
      );
    },
    destroy: () => {
      coder.destroy();
    },
  };
}

/** A cache whose rows can be replaced by what they would be after storing and reading them. */
export class RoundTripCache {
  readonly #parts: CacheParts;
  readonly #coders = new Map<Codec, Promise<CacheCoder>>();
  readonly #pairCoders = new Map<Codec, Promise<PairCoder>>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  coder(codec: Codec): Promise<CacheCoder> {
    const known = this.#coders.get(codec) ?? createCacheCoder(this.#parts, codec);
    this.#coders.set(codec, known);
    return known;
  }

  pairCoder(codec: Codec): Promise<PairCoder> {
    const known =
      this.#pairCoders.get(codec) ??
      createPairCoder(this.#parts, { family: familyOf(codec), codec });
    this.#pairCoders.set(codec, known);
    return known;
  }

  /** Code rows of all layers and decode them into the cache. @returns bytes stored for each layer */
  async roundTripInPlace(codec: Codec, tokens: IndexRange): Promise<number> {
    const coder = await this.coder(codec);
    let stored = 0;
    for (const run of chunksOf(tokens)) {
      stored += coder.codedBytes(run.end - run.start);
      if (codec !== "f16") coder.decode(run, await coder.encode(run));
    }
    return stored;
  }

  /** What coded rows of all layers come back as. @param old rows behind the sinks, of each layer */
  async roundTrip(codec: Codec, old: readonly Bytes[]): Promise<CodedRows[]> {
    const tokens = this.#write([...old.keys()], old);
    const bytes = await this.roundTripInPlace(codec, tokens);
    const { cache } = this.#parts;
    const read = async (_: Bytes, layer: number) => ({
      bytes,
      rows: await cache.readRows(layer, tokens),
    });
    return Promise.all(old.map(read));
  }

  /** What coded rows of two layers come back as when they are merged on the sphere. */
  async roundTripPair(
    codec: Codec,
    pair: LayerPair,
    old: readonly [Bytes, Bytes],
  ): Promise<MergedRows> {
    const coder = await this.pairCoder(codec);
    const layers = [pair.keep, pair.share];
    const tokens = this.#write(layers, old);
    let bytes = 0;
    for (const { start, end } of chunksOf(tokens)) {
      const run = { start, tokens: end - start, skip: 0 };
      bytes += coder.codedBytes(run.tokens);
      const [coded] = await coder.encode([pair], run);
      assert(coded !== undefined, "a pair has bytes");
      coder.decode(pair, run, coded);
    }
    const { cache } = this.#parts;
    return { bytes, layers: await Promise.all(layers.map((one) => cache.readRows(one, tokens))) };
  }

  #write(layers: readonly number[], old: readonly Bytes[]): IndexRange {
    const { cache } = this.#parts;
    for (const [i, layer] of layers.entries())
      cache.writeRows(layer, SINK_TOKENS, old[i] ?? new Uint8Array());
    return { start: SINK_TOKENS, end: SINK_TOKENS + (old[0]?.length ?? 0) / cache.rowBytes };
  }
}
