/**
 * @file A side of a transform basis from a covariance: its strongest eigenvectors, by randomised subspace
 * iteration (Halko, Martinsson and Tropp, arXiv:0909.4061, algorithms 4.4 and 5.3).
 */

import { assert } from "../shared/assert.ts";
import type { Covariance } from "./covariance.ts";
import {
  orthonormaliseRows,
  seededRandom,
  times,
  timesTransposed,
  zeros,
  type Matrix,
} from "./matrix.ts";
import type { Work } from "./stepped-work.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";
import type { BasisSide } from "./transform-basis.ts";

/** Vectors more than are wanted: what random ones miss of the wanted, these hold. */
const OVERSAMPLING = 16;
const POWER_STEPS = 3;
const SEED = 0x5eed;

export interface SideSource {
  /** [channels], not weighted */
  mean: Float32Array;
  /** W: [layers, kvHeads, headDim, headDim] */
  weighting: Float32Array;
  /** In the weighted space (`weightedCovariance`). */
  covariance: Covariance;
}

export interface FitOptions {
  /** Times that the covariance is applied before the last; more matter where its spectrum is flat. */
  powerSteps?: number;
}

/**
 * The same components for the same input. Time grows with channels² · rank · steps for an exact covariance.
 *
 * @param rank components, at most the channels
 */
export function* fitSide(
  { mean, weighting, covariance }: SideSource,
  rank: number,
  options: FitOptions = {},
): Work<BasisSide> {
  assert(mean.length === covariance.channels, "the mean is not the covariance's");
  const { values, vectors } = yield* strongestDirections(covariance, rank, options);
  const deviations = values.map((value) => Math.sqrt(Math.max(0, value)));
  return {
    mean,
    weighting,
    deviations: Float32Array.from(deviations),
    components: Float32Array.from(vectors.values),
  };
}

/** @returns eigenvalues, falling, and eigenvectors [rank, channels] */
export function* strongestDirections(
  covariance: Covariance,
  rank: number,
  { powerSteps = POWER_STEPS }: FitOptions = {},
): Work<{ values: Float64Array; vectors: Matrix }> {
  const { channels } = covariance;
  assert(rank > 0 && rank <= channels, `${rank} components of ${channels} channels`);
  const random = seededRandom(SEED);
  const count = Math.min(channels, rank + OVERSAMPLING);
  let block = zeros(count, channels);
  // All directions need no search.
  if (count === channels) for (let i = 0; i < count; i++) block.values[i * channels + i] = 1;
  else {
    for (let i = 0; i < block.values.length; i++) block.values[i] = random();
    yield* orthonormaliseRows(block, random);
    for (let step = 0; step < powerSteps; step++) {
      block = yield* covariance.apply(block);
      yield* orthonormaliseRows(block, random);
    }
  }
  const small = yield* timesTransposed(block, yield* covariance.apply(block));
  const { values, vectors } = yield* symmetricEigen(symmetric(small).values, count);
  const chosen = { rows: rank, columns: count, values: vectors.slice(0, rank * count) };
  return { values: values.slice(0, rank), vectors: yield* times(chosen, block) };
}

/** What rounding left between the two halves. */
function symmetric({ rows, columns, values }: Matrix): Matrix {
  const even = values.map((value, at) => {
    const mirrored = values[(at % columns) * columns + Math.floor(at / columns)] ?? 0;
    return (value + mirrored) / 2;
  });
  return { rows, columns, values: even };
}
