/** @file Measures how long coding a chunk's rows takes, on the GPU and by the plain reference. */

import type { Device } from "../../device/device.ts";
import { CHUNK_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { LinearMap } from "./linear-map.ts";
import type { PairCoder } from "../../kv/codecs/pairs/pair-coder.ts";
import { dequantizeRows, quantizeRows, rowCodec } from "../../kv/codecs/rows/row-codec.ts";
import type { LayerPair } from "../../kv/sharing/select-pairs.ts";
import type { TransformCoder } from "../../kv/codecs/transform/transform-coder.ts";
import { measureInTurns, median } from "../../metrics/samples.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { keeperMerge, referenceCoder } from "./pair-ways.ts";
import type { TransformKind } from "./transformed-cache.ts";
import type { CacheCoder, Codec } from "./round-trip-cache.ts";
import type { LayerShape } from "../rotate-keys.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";

const ROUNDS = 5;

/** Milliseconds that coding and decoding a chunk of one layer take, or of one pair of layers. */
export interface CodingMs {
  encodeMs: number;
  decodeMs: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** A way to code a chunk of one or more layers. */
interface ChunkCoding {
  encode: (chunk: IndexRange) => Promise<Bytes[]>;
  decode: (chunk: IndexRange, coded: readonly Bytes[]) => void;
}

/** Measures coding on the GPU, from and into a cache. */
export class GpuCoding {
  readonly #device: Device;
  readonly #cache: KvCache;
  readonly #chunks: IndexRange[];

  constructor(device: Device, cache: KvCache, chunks: number) {
    this.#device = device;
    this.#cache = cache;
    this.#chunks = chunksOf({ start: 0, end: chunks * CHUNK_TOKENS });
  }

  /** Time of a chunk of one layer: the time of all layers, divided by their number. */
  async layer(coder: CacheCoder): Promise<CodingMs> {
    const { encodeMs, decodeMs } = await this.#chunk(coder);
    const { layers } = this.#cache.shape;
    return { encodeMs: encodeMs / layers, decodeMs: decodeMs / layers };
  }

  /** Time of a chunk of one pair. */
  pair(coder: PairCoder, pair: LayerPair): Promise<CodingMs> {
    const runOf = ({ start, end }: IndexRange) => ({ start, tokens: end - start, skip: 0 });
    return this.#chunk({
      encode: (chunk) => coder.encode([pair], runOf(chunk)),
      decode: (chunk, [bytes = new Uint8Array()]) => {
        coder.decode(pair, runOf(chunk), bytes);
      },
    });
  }

  /** Time of a transformed chunk of one layer: the time of all layers, divided by their number. */
  async transformed(
    coder: TransformCoder,
    { step, variant }: Pick<TransformKind, "step" | "variant">,
  ): Promise<CodingMs> {
    const groups = [...coder.basis.groups.keys()];
    const rate = { step: step / 1000, variant };
    const runOf = ({ start, end }: IndexRange) => ({ start, tokens: end - start, skip: 0 });
    const { encodeMs, decodeMs } = await this.#chunk({
      encode: (chunk) => coder.encode(groups, runOf(chunk), rate),
      decode: (chunk, blocks) => {
        for (const [group, block] of blocks.entries())
          coder.decode(group, runOf(chunk), rate, block);
      },
    });
    const { layers } = this.#cache.shape;
    return { encodeMs: encodeMs / layers, decodeMs: decodeMs / layers };
  }

  async #chunk(coding: ChunkCoding): Promise<CodingMs> {
    const chunks = this.#chunks;
    let coded: Bytes[][] = [];
    const encode = async () => {
      coded = await Promise.all(chunks.map((chunk) => coding.encode(chunk)));
    };
    const decode = async () => {
      for (const [i, chunk] of chunks.entries()) coding.decode(chunk, coded[i] ?? []);
      await this.#device.queue.onSubmittedWorkDone();
    };
    // Coding is measured before decoding, which needs its results.
    const encoding = await measureInTurns({ encode }, { rounds: ROUNDS });
    const decoding = await measureInTurns({ decode }, { rounds: ROUNDS });
    return {
      encodeMs: median(encoding.encode) / chunks.length,
      decodeMs: median(decoding.decode) / chunks.length,
    };
  }
}

interface ReferenceParts {
  shape: LayerShape;
  /** Rows of one chunk of two layers, the first tokens behind the sinks. */
  rows: readonly [Bytes, Bytes];
  map: () => LinearMap;
}

/** Measures the reference: plain loops on one thread. */
export class ReferenceCoding {
  readonly #parts: ReferenceParts;
  readonly #layers = new Map<Codec, Promise<CodingMs>>();

  constructor(parts: ReferenceParts) {
    this.#parts = parts;
  }

  /** Time of a chunk of one layer. */
  layer(codec: Codec): Promise<CodingMs> {
    const known = this.#layers.get(codec) ?? this.#measureLayer(codec);
    this.#layers.set(codec, known);
    return known;
  }

  /** Time of a chunk of two layers. */
  async pair(way: "predicted" | "predicted+int2", codec: Codec): Promise<CodingMs> {
    const { shape, rows, map } = this.#parts;
    const { kvHeads, headDim } = shape;
    const merge = keeperMerge(way, { shape, keeper: referenceCoder(codec, shape), map });
    const bothMs = await timed(() => merge.merge(rows, { kvHeads, headDim, tokens: CHUNK_TOKENS }));
    const { encodeMs } = await this.layer(codec);
    // Only the keeping layer is stored. Reading takes the rest of the time, prediction included.
    if (way === "predicted") return { encodeMs, decodeMs: bothMs - encodeMs };
    const residual = await this.layer("int2-k-channel-v-token");
    return {
      encodeMs: bothMs - residual.decodeMs,
      decodeMs: bothMs - encodeMs - residual.encodeMs,
    };
  }

  async #measureLayer(codec: Codec): Promise<CodingMs> {
    const { shape, rows } = this.#parts;
    if (codec === "f16") {
      // Coding is a copy, and one copy is over before the clock moves. So a hundred are timed.
      const copies = Array.from({ length: 100 });
      const ms = (await timed(() => copies.map(() => rows[0].slice()))) / copies.length;
      return { encodeMs: ms, decodeMs: ms };
    }
    const code = rowCodec(codec);
    const run = new Uint16Array(rows[0].slice().buffer);
    const place = { start: SINK_TOKENS, skip: 0, tokens: CHUNK_TOKENS };
    const coded = quantizeRows(code, run, shape, place);
    return {
      encodeMs: await timed(() => quantizeRows(code, run, shape, place)),
      decodeMs: await timed(() => dequantizeRows(code, coded, shape, place)),
    };
  }
}

async function timed(work: () => unknown): Promise<number> {
  return median((await measureInTurns({ work }, { rounds: ROUNDS })).work);
}

/** The tokens of the chunk that the reference codes. */
export const REFERENCE_CHUNK: IndexRange = { start: SINK_TOKENS, end: SINK_TOKENS + CHUNK_TOKENS };
