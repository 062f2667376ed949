/** @file Mean and covariance of K and V over texts that a model has read. A basis is fitted to them. */

import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { rotateKeys, type LayerShape } from "../rotate-keys.ts";
import type { CacheRows } from "../cache-probe.ts";

/** Moments of K, or of V, of some channels. Channels are counted over all layers: layers × kvHeads × headDim. */
export interface SideMoments {
  /** [channels] */
  mean: Float64Array;
  /** [channels, channels] */
  covariance: Float64Array;
}

/** K is side 0, V is side 1. */
export type Side = 0 | 1;

/** Sums over the tokens of a band of layers. */
interface BandSums {
  sums: Float64Array;
  /** Sums of x xᵀ, [width, width], of which only the upper triangle is filled. */
  products: Float64Array;
}

/** Tokens that are added at a time, so that each sum is read and written once for all of them. */
const TOKENS_AT_ONCE = 8;
/** Columns of the products that are added to at a time: so many stay in the processor's cache for all tokens. */
const COLUMNS_AT_ONCE = 256;

/**
 * Adds up the moments of all tokens behind the sinks. Covariances are kept within bands of layers only, because those of
 * all channels of a large model would take gigabytes.
 */
export class RowMoments {
  readonly channels: number;
  tokens = 0;
  readonly #shape: LayerShape;
  /** Channels of a band: band × kvHeads × headDim; the last band may have fewer. */
  readonly #bandWidth: number;
  readonly #bands: readonly [BandSums[], BandSums[]];

  /** @param band layers of a band: all of them unless given */
  constructor(shape: LayerShape, layers: number, band = layers) {
    this.#shape = shape;
    const width = shape.kvHeads * shape.headDim;
    this.channels = layers * width;
    this.#bandWidth = band * width;
    const bands = (): BandSums[] =>
      Array.from({ length: Math.ceil(layers / band) }, (_, i) => {
        const own = Math.min(this.#bandWidth, this.channels - i * this.#bandWidth);
        return { sums: new Float64Array(own), products: new Float64Array(own ** 2) };
      });
    this.#bands = [bands(), bands()];
  }

  /** @param most at most this many of the tokens behind the sinks are added */
  add({ layers, tokens }: CacheRows, most = Infinity): void {
    const added = Math.min(most, tokens.length - SINK_TOKENS);
    if (added <= 0) return;
    for (const side of [0, 1] as const) {
      const numbers = this.#numbersOf(layers, added, side);
      for (const [i, sums] of this.#bands[side].entries())
        addBand(numbers.subarray(i * this.#bandWidth * added), added, sums);
    }
    this.tokens += added;
  }

  /** Moments of some channels, all of one band. */
  ofChannels(side: Side, { start, end }: IndexRange): SideMoments {
    const band = Math.floor(start / this.#bandWidth);
    const from = start - band * this.#bandWidth;
    const { sums, products } = at(this.#bands[side], band);
    assert(end - band * this.#bandWidth <= sums.length, `channels ${start} to ${end} of two bands`);
    const { tokens } = this;
    const width = end - start;
    const mean = sums.slice(from, from + width).map((sum) => sum / tokens);
    const covariance = new Float64Array(width ** 2);
    for (let row = 0; row < width; row++)
      for (let column = row; column < width; column++) {
        const second = (products[(from + row) * sums.length + from + column] ?? NaN) / tokens;
        const value = second - (mean[row] ?? NaN) * (mean[column] ?? NaN);
        covariance[row * width + column] = value;
        covariance[column * width + row] = value;
      }
    return { mean, covariance };
  }

  /** Numbers of K, rotated back to position 0, or of V: [bands, tokens, channels of the band]. */
  #numbersOf(layers: readonly Uint8Array<ArrayBuffer>[], tokens: number, side: Side): Float64Array {
    const { kvHeads, headDim } = this.#shape;
    const width = kvHeads * headDim;
    const out = new Float64Array(tokens * this.channels);
    for (const [layer, rows] of layers.entries()) {
      const old = rows.slice(SINK_TOKENS * width * 4, (SINK_TOKENS + tokens) * width * 4);
      const numbers = decodeFloats(side === 0 ? rotateKeys(old, this.#shape, -1) : old, "f16");
      const band = Math.floor((layer * width) / this.#bandWidth);
      const own = at(this.#bands[side], band).sums.length;
      const first = band * this.#bandWidth * tokens + layer * width - band * this.#bandWidth;
      for (let token = 0; token < tokens; token++) {
        const from = (2 * token + side) * width;
        out.set(numbers.subarray(from, from + width), first + token * own);
      }
    }
    return out;
  }
}

/** @param numbers [tokens, channels of the band] */
function addBand(numbers: Float64Array, tokens: number, { sums, products }: BandSums): void {
  const width = sums.length;
  const rows = Array.from({ length: tokens }, (_, token) =>
    numbers.subarray(token * width, (token + 1) * width),
  );
  const together = Array.from({ length: Math.ceil(tokens / TOKENS_AT_ONCE) }, (_, i) =>
    rows.slice(i * TOKENS_AT_ONCE, (i + 1) * TOKENS_AT_ONCE),
  );
  for (const x of rows) for (let i = 0; i < width; i++) sums[i] = (sums[i] ?? NaN) + (x[i] ?? NaN);
  for (let start = 0; start < width; start += COLUMNS_AT_ONCE) {
    const end = Math.min(start + COLUMNS_AT_ONCE, width);
    for (let row = 0; row < end; row++)
      for (const some of together)
        addProducts(some, products, { row, start: Math.max(row, start), end });
  }
}

/** products[row, column] += Σ x[row] x[column], for columns from `start` to `end`. */
function addProducts(
  rows: readonly Float64Array[],
  products: Float64Array,
  { row, start, end }: IndexRange & { row: number },
): void {
  const [a, b, c, d, e, f, g, h] = rows;
  const width = a?.length ?? 0;
  const at = row * width;
  if (!a || !b || !c || !d || !e || !f || !g || !h) {
    for (const x of rows) {
      const value = x[row] ?? NaN;
      for (let column = start; column < end; column++)
        products[at + column] = (products[at + column] ?? NaN) + value * (x[column] ?? NaN);
    }
    return;
  }
  const [va, vb, vc, vd] = [a[row] ?? NaN, b[row] ?? NaN, c[row] ?? NaN, d[row] ?? NaN];
  const [ve, vf, vg, vh] = [e[row] ?? NaN, f[row] ?? NaN, g[row] ?? NaN, h[row] ?? NaN];
  for (let i = start; i < end; i++) {
    const sum = va * (a[i] ?? NaN) + vb * (b[i] ?? NaN) + vc * (c[i] ?? NaN) + vd * (d[i] ?? NaN);
    const rest = ve * (e[i] ?? NaN) + vf * (f[i] ?? NaN) + vg * (g[i] ?? NaN) + vh * (h[i] ?? NaN);
    products[at + i] = (products[at + i] ?? NaN) + sum + rest;
  }
}
