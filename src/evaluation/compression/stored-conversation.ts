import type { LinearMap } from "./linear-map.ts";
import type { CodedRows, MergedRows } from "./row-merges.ts";
import type { LayerPair, LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import { keeperMerge, type PairWay } from "./pair-ways.ts";
import { oldTokens, type Codec, type RoundTripCache } from "./round-trip-cache.ts";
import type { LayerShape } from "../rotate-keys.ts";
import type { CacheRows } from "../cache-probe.ts";

/** How a conversation's rows are stored. Sinks and the recent window are always exact. */
export interface Compression {
  map: LayerSharingMap;
  way: PairWay;
  /** Codec of each layer. A pair has that of its keeping layer. */
  codecs: readonly Codec[];
}

export interface CompressedRows {
  /** The rows as they come back. */
  rows: CacheRows;
  /** Bytes of the rows that are not exact, in f16 and as they are stored. */
  plainBytes: number;
  storedBytes: number;
  /** Bytes of sinks and recent window, in f16. */
  exactBytes: number;
}

export interface StoringTools {
  coded: RoundTripCache;
  shape: LayerShape;
  mapOf: (pair: LayerPair) => LinearMap;
}

/**
 * One conversation's rows, stored in many ways. What a layer or a pair comes back as does not depend on the others,
 * so each is coded only once for each codec.
 */
export class StoredConversation {
  readonly #rows: CacheRows;
  readonly #tools: StoringTools;
  readonly #layers = new Map<Codec, Promise<CodedRows[]>>();
  readonly #pairs = new Map<string, Promise<MergedRows>>();

  constructor(rows: CacheRows, tools: StoringTools) {
    this.#rows = rows;
    this.#tools = tools;
  }

  /** Store rows and read them back. */
  async compress({ map, way, codecs }: Compression): Promise<CompressedRows> {
    const { tokens, layers } = this.#rows;
    const copies = layers.slice();
    let storedBytes = 0;
    const paired = new Set<number>();
    const codecOf = (layer: number) => codecs[layer] ?? "f16";
    for (const pair of map.pairs) {
      const merged = await this.#pair(pair, way, codecOf(pair.keep));
      storedBytes += merged.bytes;
      for (const [i, layer] of [pair.keep, pair.share].entries()) {
        copies[layer] = this.#withOld(layer, merged.layers[i]);
        paired.add(layer);
      }
    }
    for (const layer of layers.keys()) {
      if (paired.has(layer)) continue;
      const coded = await this.#layer(layer, codecOf(layer));
      storedBytes += coded.bytes;
      copies[layer] = this.#withOld(layer, coded.rows);
    }
    return { rows: { tokens, layers: copies }, storedBytes, ...this.sizes };
  }

  get sizes(): Pick<CompressedRows, "plainBytes" | "exactBytes"> {
    const { tokens, layers } = this.#rows;
    const { start, end } = oldTokens(tokens.length);
    const all = layers.reduce((sum, { length }) => sum + length, 0);
    const plainBytes = (end - start) * this.#rowBytes * layers.length;
    return { plainBytes, exactBytes: all - plainBytes };
  }

  async #layer(layer: number, codec: Codec): Promise<CodedRows> {
    const known =
      this.#layers.get(codec) ??
      this.#tools.coded.roundTrip(codec, this.#rows.layers.map(this.#old));
    this.#layers.set(codec, known);
    return (await known)[layer] ?? { bytes: NaN, rows: new Uint8Array() };
  }

  #pair(pair: LayerPair, way: PairWay, codec: Codec): Promise<MergedRows> {
    const key = [pair.keep, pair.share, way, codec].join();
    const known = this.#pairs.get(key) ?? this.#storePair(pair, way, codec);
    this.#pairs.set(key, known);
    return known;
  }

  async #storePair(pair: LayerPair, way: PairWay, codec: Codec): Promise<MergedRows> {
    const { shape, mapOf, coded } = this.#tools;
    const { layers, tokens } = this.#rows;
    const both = [this.#old(layers[pair.keep]), this.#old(layers[pair.share])] as const;
    if (way === "slerp") return coded.roundTripPair(codec, pair, both);
    const kept = await this.#layer(pair.keep, codec);
    const merge = keeperMerge(way, { shape, keeper: () => kept, map: () => mapOf(pair) });
    const { start, end } = oldTokens(tokens.length);
    return merge.merge(both, { ...shape, tokens: end - start });
  }

  get #rowBytes(): number {
    return 4 * this.#tools.shape.kvHeads * this.#tools.shape.headDim;
  }

  readonly #old = (rows: Uint8Array<ArrayBuffer> = new Uint8Array()): Uint8Array<ArrayBuffer> => {
    const { start, end } = oldTokens(this.#rows.tokens.length);
    return rows.slice(start * this.#rowBytes, end * this.#rowBytes);
  };

  /** All rows of a layer, of which the coded ones are replaced by `old`. */
  #withOld(layer: number, old: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
    const whole = this.#rows.layers[layer]?.slice() ?? new Uint8Array();
    whole.set(old, oldTokens(this.#rows.tokens.length).start * this.#rowBytes);
    return whole;
  }
}
