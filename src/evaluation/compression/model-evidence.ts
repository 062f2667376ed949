/** @file Data that belongs to a model rather than to a conversation. It is fitted on other chats. */

import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { fitLinearMap, type LinearMap } from "./linear-map.ts";
import type { AttentionEvidence, LayerPair } from "../../kv/sharing/select-pairs.ts";
import { assert } from "../../shared/assert.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { rotateKeys, type LayerShape } from "../rotate-keys.ts";
import type { CacheRows } from "../cache-probe.ts";

/** A chat that the model has read. */
export interface ReadChat {
  evidence: AttentionEvidence;
  rows: CacheRows;
}

export class ModelEvidence {
  /** Attention of the first chat, which decides the frozen sharing map. */
  readonly first: AttentionEvidence;
  /** KVSharer's distances: Euclidean distance of the layers' K and V, averaged over tokens and chats. */
  readonly kvDistances: Float64Array;
  readonly #chats: readonly ReadChat[];
  readonly #shape: LayerShape;
  readonly #maps = new Map<string, LinearMap>();
  readonly #turned = new Map<number, Float32Array[]>();

  constructor(chats: readonly ReadChat[], shape: LayerShape) {
    assert(chats[0] !== undefined, "nothing to calibrate with");
    this.first = chats[0].evidence;
    this.kvDistances = meanDistances(chats.map(({ rows }) => rows));
    this.#chats = chats;
    this.#shape = shape;
  }

  /** The map from one layer's rows to the other's, where keys are rotated back to position 0. */
  mapOf = ({ keep, share }: LayerPair): LinearMap => {
    const key = `${keep} ${share}`;
    const known = this.#maps.get(key) ?? this.#fit(keep, share);
    this.#maps.set(key, known);
    return known;
  };

  #fit(keep: number, share: number): LinearMap {
    const outputs = this.#numbers(share);
    const width = 2 * this.#shape.kvHeads * this.#shape.headDim;
    return fitLinearMap(
      this.#numbers(keep).map((inputs, chat) => ({
        tokens: inputs.length / width,
        inputs,
        outputs: outputs[chat] ?? new Float32Array(),
      })),
    );
  }

  /** A layer's rows behind the sinks in each chat, with keys rotated back to position 0. */
  #numbers(layer: number): Float32Array[] {
    const sinks = SINK_TOKENS * 4 * this.#shape.kvHeads * this.#shape.headDim;
    const known =
      this.#turned.get(layer) ??
      this.#chats.map(({ rows }) => {
        const old = rows.layers[layer]?.slice(sinks) ?? new Uint8Array();
        return decodeFloats(rotateKeys(old, this.#shape, -1), "f16");
      });
    this.#turned.set(layer, known);
    return known;
  }
}

function meanDistances(chats: readonly CacheRows[]): Float64Array {
  let means: Float64Array[] = [];
  for (const { layers, tokens } of chats) {
    const added = layers.map((layer) => meanRow(layer, tokens.length));
    means = added.map((row, i) => row.map((x, c) => x + (means[i]?.[c] ?? 0)));
  }
  const distance = (a: Float64Array, b: Float64Array) =>
    Math.hypot(...a.map((x, c) => x - (b[c] ?? NaN)));
  return Float64Array.from(means.flatMap((a) => means.map((b) => distance(a, b))));
}

function meanRow(layer: Uint8Array<ArrayBuffer>, tokens: number): Float64Array {
  const numbers = decodeFloats(layer, "f16");
  const width = numbers.length / tokens;
  const sum = new Float64Array(width);
  numbers.forEach((x, i) => (sum[i % width] = (sum[i % width] ?? 0) + x / tokens));
  return sum;
}
