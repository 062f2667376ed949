/** @file Mean and covariance of K and V over chats that a model has read. A basis is fitted to them. */

import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { assert } from "../../shared/assert.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { rotateKeys, type LayerShape } from "../rotate-keys.ts";
import type { CacheRows } from "../cache-probe.ts";

/** Moments of K, or of V, of all layers together. channels = layers × kvHeads × headDim */
export interface SideMoments {
  /** [channels] */
  mean: Float64Array;
  /** [channels, channels] */
  covariance: Float64Array;
}

/** Adds up the moments of all tokens behind the sinks. */
export class RowMoments {
  readonly channels: number;
  tokens = 0;
  readonly #shape: LayerShape;
  readonly #sums: readonly [Float64Array, Float64Array];
  /** Sums of x xᵀ, of which only the upper triangles are filled. */
  readonly #products: readonly [Float64Array, Float64Array];

  constructor(shape: LayerShape, layers: number) {
    this.#shape = shape;
    this.channels = layers * shape.kvHeads * shape.headDim;
    const { channels } = this;
    this.#sums = [new Float64Array(channels), new Float64Array(channels)];
    this.#products = [new Float64Array(channels ** 2), new Float64Array(channels ** 2)];
  }

  add({ layers, tokens }: CacheRows): void {
    const added = tokens.length - SINK_TOKENS;
    if (added <= 0) return;
    for (const [side, numbers] of this.#numbersOf(layers, added).entries()) {
      const [sums, products] = [this.#sums[side], this.#products[side]];
      assert(sums !== undefined && products !== undefined, "K and V are two");
      for (let token = 0; token < added; token++)
        addProducts(numbers.subarray(token * this.channels, (token + 1) * this.channels), {
          sums,
          products,
        });
    }
    this.tokens += added;
  }

  /** Moments of K, then of V. */
  get sides(): readonly [SideMoments, SideMoments] {
    return [this.#moments(0), this.#moments(1)];
  }

  #moments(side: 0 | 1): SideMoments {
    const { channels, tokens } = this;
    const mean = this.#sums[side].map((sum) => sum / tokens);
    const covariance = new Float64Array(channels ** 2);
    for (let row = 0; row < channels; row++)
      for (let column = row; column < channels; column++) {
        const second = (this.#products[side][row * channels + column] ?? 0) / tokens;
        const value = second - (mean[row] ?? 0) * (mean[column] ?? 0);
        covariance[row * channels + column] = value;
        covariance[column * channels + row] = value;
      }
    return { mean, covariance };
  }

  /** Numbers [tokens, channels] of K, rotated back to position 0, and of V. */
  #numbersOf(layers: readonly Uint8Array<ArrayBuffer>[], tokens: number): Float64Array[] {
    const { kvHeads, headDim } = this.#shape;
    const width = kvHeads * headDim;
    const sides = [0, 1].map(() => new Float64Array(tokens * this.channels));
    for (const [layer, rows] of layers.entries()) {
      const old = rows.slice(SINK_TOKENS * width * 4);
      const numbers = decodeFloats(rotateKeys(old, this.#shape, -1), "f16");
      for (let token = 0; token < tokens; token++)
        for (const [side, out] of sides.entries()) {
          const from = (2 * token + side) * width;
          out.set(numbers.subarray(from, from + width), token * this.channels + layer * width);
        }
    }
    return sides;
  }
}

function addProducts(
  x: Float64Array,
  { sums, products }: { sums: Float64Array; products: Float64Array },
): void {
  const { length } = x;
  for (let row = 0; row < length; row++) {
    const value = x[row] ?? 0;
    sums[row] = (sums[row] ?? 0) + value;
    const at = row * length;
    for (let column = row; column < length; column++)
      products[at + column] = (products[at + column] ?? 0) + value * (x[column] ?? 0);
  }
}
