/**
 * @file What is remembered of K or V of a group of layers, and what it says of their covariance: the whole
 * covariance, or where there are many channels its product with a few random vectors.
 *
 * Sums are taken about a reference m, the mean of the first rows, so that they stay small. They are of
 * numbers without a weighting: C = W S W for any W, found later or better.
 *
 * From a sketch Y = S Ω the covariance is Nyström's, Y (Ωᵀ Y)⁻¹ Yᵀ: exact in the directions of Ω, and the
 * better the nearer those are to the strongest (Halko, Martinsson and Tropp, arXiv:0909.4061, 5.5; Tropp
 * et al., arXiv:1706.05736).
 */

import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { centredMoments, weighted } from "./covariance.ts";
import {
  matrixOf,
  orthonormaliseRows,
  rowOf,
  seededRandom,
  symmetrised,
  times,
  transposed,
  zeros,
  type Matrix,
} from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";

/** The most channels of which the covariance itself is kept, as channels² numbers. */
const EXACT_CHANNELS = 1024;
/** How many more vectors a sketch has than the components that it is for. */
const OVERSAMPLING = 32;
/** Directions of a sketch that hold less than this share of what the strongest holds are taken as rounding. */
const LEAST_SHARE = 1e-6;
const SEED = 0x0e6a;

export interface SideStatistics {
  tokens: number;
  /** m, [channels] */
  reference: Float32Array;
  /** Σ (x - m), [channels] */
  sums: Float32Array;
  /**
   * Exact: S = Σ (x - m)(x - m)ᵀ, [channels, channels], of which only the diagonal and what is above it counts.
   * With a sketch: Y = S Ω, [channels, size].
   */
  products: Float32Array;
  /** Ω, [channels, size]. */
  sketch?: Float32Array;
}

/**
 * The number of vectors that a sketch for these components takes, a multiple of 4. It is 0 if the covariance is
 * kept instead, because there are few channels, or because it is no larger than sketch and product.
 */
export function sketchSize(channels: number, components: number): number {
  const size = 4 * Math.ceil((components + OVERSAMPLING) / 4);
  return channels <= EXACT_CHANNELS || 2 * size >= channels ? 0 : size;
}

/** GPU memory of a side's products and sketch. */
export function sideBytes(channels: number, components: number): number {
  const size = sketchSize(channels, components);
  return 4 * channels * (size === 0 ? channels : 2 * size);
}

/** The first sketch, which is the same for the same size: [channels, size]. */
export function firstSketch(channels: number, size: number): Float32Array<ArrayBuffer> {
  const random = seededRandom(SEED);
  const sketch = new Float32Array(channels * size);
  for (let i = 0; i < sketch.length; i++) sketch[i] = random();
  return sketch;
}

export function meanOf({ tokens, reference, sums }: SideStatistics): Float32Array {
  return reference.map((value, i) => value + (sums[i] ?? NaN) / Math.max(1, tokens));
}

/** Of a side whose covariance is kept, what is known of some of its channels alone. */
export function partOfSide(side: SideStatistics, { start, end }: IndexRange): SideStatistics {
  const { tokens, reference, sums, products, sketch } = side;
  assert(!sketch, "a sketch is of all channels together");
  const [channels, width] = [reference.length, end - start];
  const block = new Float32Array(width * width);
  for (let row = 0; row < width; row++) {
    const from = (start + row) * channels + start;
    block.set(products.subarray(from, from + width), row * width);
  }
  return {
    tokens,
    reference: reference.slice(start, end),
    sums: sums.slice(start, end),
    products: block,
  };
}

/** A covariance C, or F of C = F Fᵀ, [channels, any]. */
export interface SeenMoments {
  is: "covariance" | "factor";
  matrix: Matrix;
}

/** The covariance of numbers that are not weighted. */
export function* seenMoments(statistics: SideStatistics): Work<SeenMoments> {
  const { tokens, reference, sums, products, sketch } = statistics;
  assert(tokens > 0, "nothing is known of no rows");
  const channels = reference.length;
  if (sketch) return { is: "factor", matrix: yield* nystromFactor(statistics, sketch) };
  const offset = Float64Array.from(sums, (sum) => sum / tokens);
  const moments = matrixOf(products, channels);
  for (let row = 1; row < channels; row++) {
    for (let column = 0; column < row; column++)
      moments.values[row * channels + column] = moments.values[column * channels + row] ?? 0;
    if (row % 64 === 0) yield;
  }
  return { is: "covariance", matrix: yield* centredMoments(moments, tokens, offset) };
}

/** F with F Fᵀ = Y (Ωᵀ Y)⁻¹ Yᵀ: Y V Λ^(-1/2) for Ωᵀ Y = V Λ Vᵀ. @returns [channels, at most size] */
function* nystromFactor(statistics: SideStatistics, sketch: Float32Array): Work<Matrix> {
  const size = sketch.length / statistics.reference.length;
  const products = yield* centredProducts(statistics, sketch);
  const core = yield* times(transposed(matrixOf(sketch, size)), products);
  const { values, vectors } = yield* symmetricEigen(symmetrised(core).values, size);
  const least = LEAST_SHARE * (values[0] ?? 0);
  const kept = values.filter((value) => value > least);
  const scaled = matrixOf(vectors.slice(0, kept.length * size), size);
  kept.forEach((value, i) => {
    const row = rowOf(scaled, i);
    row.forEach((x, j) => (row[j] = x / Math.sqrt(value)));
  });
  return yield* times(products, transposed(scaled));
}

/** C Ω = Y / tokens - d (dᵀ Ω), with d the mean less m. */
function* centredProducts(
  { tokens, sums, products }: SideStatistics,
  sketch: Float32Array,
): Work<Matrix> {
  const channels = sums.length;
  const size = sketch.length / channels;
  const offset = matrixOf(
    Float64Array.from(sums, (sum) => sum / tokens),
    channels,
  );
  const along = (yield* times(offset, matrixOf(sketch, size))).values;
  const centred = zeros(channels, size);
  for (let row = 0; row < channels; row++) {
    const shift = offset.values[row] ?? 0;
    for (let column = 0, at = row * size; column < size; column++, at++)
      centred.values[at] = (products[at] ?? NaN) / tokens - shift * (along[column] ?? 0);
    if (row % 64 === 0) yield;
  }
  return centred;
}

/**
 * The next sketch: an orthonormal basis of what the last one found, so that over time sketches turn to the
 * strongest directions (subspace iteration).
 *
 * @param weighting W of the space in which directions are strongest: the sketch is W Q, with Q a basis of W C Ω
 * @returns Ω, [channels, size]
 */
export function* renewedSketch(
  statistics: SideStatistics,
  weighting: Float32Array,
): Work<Float32Array<ArrayBuffer>> {
  assert(statistics.sketch !== undefined, "only a sketch is renewed");
  const products = yield* centredProducts(statistics, statistics.sketch);
  const found = yield* weighted(transposed(products), weighting);
  yield* orthonormaliseRows(found, seededRandom(SEED));
  const next = yield* weighted(found, weighting);
  return Float32Array.from(transposed(next).values);
}
