/**
 * @file A side of a transform basis from a covariance: its strongest eigenvectors, by randomised subspace
 * iteration (Halko, Martinsson and Tropp, arXiv:0909.4061, algorithms 4.4 and 5.3).
 */

import { assert } from "../../shared/assert.ts";
import type { Covariance } from "./covariance.ts";
import {
  orthonormaliseRows,
  seededRandom,
  symmetrised,
  times,
  timesTransposed,
  zeros,
  type Matrix,
} from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import type { BasisSide } from "../codecs/transform-basis.ts";

/** How many more vectors are searched than are wanted: they hold what random ones miss of the wanted ones. */
const OVERSAMPLING = 16;
const POWER_STEPS = 3;
const SEED = 0x5eed;

export interface SideSource {
  /** [channels], not weighted */
  mean: Float32Array;
  /** W: [layers, kvHeads, headDim, headDim] */
  weighting: Float32Array;
  /** The covariance in the weighted space (`weightedCovariance`). */
  covariance: Covariance;
}

export interface FitOptions {
  /** How often the covariance is applied before the last time. A flat spectrum takes more. */
  powerSteps?: number;
}

/**
 * Deterministic: the same input gives the same components. Time grows with channels² · rank · steps for an exact covariance.
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
  if (covariance.root && covariance.root.rows <= 2 * (rank + OVERSAMPLING))
    return yield* directionsOfRoot(yield* covariance.root.compute(), rank);
  const random = seededRandom(SEED);
  const count = Math.min(channels, rank + OVERSAMPLING);
  let block = zeros(count, channels);
  // Where all directions are wanted, none has to be searched for.
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
  const { values, vectors } = yield* symmetricEigen(symmetrised(small).values, count);
  const chosen = { rows: rank, columns: count, values: vectors.slice(0, rank * count) };
  return { values: values.slice(0, rank), vectors: yield* times(chosen, block) };
}

/**
 * The eigenvectors of Rᵀ R, from those of R Rᵀ, which is smaller. Directions that R does not have are arbitrary
 * ones, of eigenvalue 0.
 */
function* directionsOfRoot(
  root: Matrix,
  rank: number,
): Work<{ values: Float64Array; vectors: Matrix }> {
  const { rows: count } = root;
  const gram = yield* timesTransposed(root, root);
  const eigen = yield* symmetricEigen(symmetrised(gram).values, count);
  const known = Math.min(rank, count);
  const chosen = { rows: known, columns: count, values: eigen.vectors.slice(0, known * count) };
  const found = yield* times(chosen, root);
  const vectors = zeros(rank, root.columns);
  vectors.values.set(found.values);
  yield* orthonormaliseRows(vectors, seededRandom(SEED));
  const values = new Float64Array(rank);
  values.set(eigen.values.subarray(0, known));
  return { values, vectors };
}
