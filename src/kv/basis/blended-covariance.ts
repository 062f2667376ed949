/**
 * @file The covariance of a side from two sources: the rows that were seen, and what the weights say. Few rows say
 * little about most directions. So P Pᵀ of the projections P counts as a number of rows that were seen before the
 * first one, which is the mean of an inverse-Wishart distribution behind evidence, and loses its weight as rows come.
 */

import { rowOf, timesTransposed, type Matrix } from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import {
  denseCovariance,
  factorCovariance,
  summedCovariance,
  variancesOf,
  type Covariance,
} from "./covariance.ts";
import type { SeenMoments } from "./side-statistics.ts";
import { scaledProjection } from "./weight-basis.ts";

/** As many tokens as the weights count for. */
const PRIOR_TOKENS = 256;

/** P, [channels, hidden]: the projections of a group's layers, each times the gain of the norm before it. */
export type SidePrior = Matrix;

interface BlendTerms {
  /** How many were seen. */
  tokens: number;
  /** If it is absent, only what was seen counts. */
  prior: SidePrior | undefined;
  headDim: number;
}

/** The covariance of numbers that are not weighted. */
export function* blendedCovariance(
  { matrix, is }: SeenMoments,
  { tokens, prior, headDim }: BlendTerms,
): Work<Covariance> {
  const asCovariance = is === "covariance" ? denseCovariance : factorCovariance;
  if (!prior) return asCovariance(matrix);
  const projection = scaledProjection(prior, variancesOf(matrix, is), headDim);
  const share = PRIOR_TOKENS / (tokens + PRIOR_TOKENS);
  if (is === "factor")
    return summedCovariance([
      { covariance: factorCovariance(matrix), share: 1 - share },
      { covariance: factorCovariance(projection), share },
    ]);
  const stated = yield* timesTransposed(projection, projection);
  const values = matrix.values.map(
    (value, at) => (1 - share) * value + share * (stated.values[at] ?? 0),
  );
  return denseCovariance({ ...matrix, values });
}

/**
 * The mean variance of a weighted number in each layer: the traces of W C W of its heads, over its channels.
 *
 * @param weighting W: [layers, kvHeads, headDim, headDim]
 */
export function* weightedVariances(
  { matrix, is }: SeenMoments,
  weighting: Float32Array,
  layers: number,
): Work<number[]> {
  const channels = matrix.rows;
  const headDim = weighting.length / channels;
  const variances = new Array<number>(layers).fill(0);
  for (let head = 0; head < channels / headDim; head++) {
    const block = weighting.subarray(head * headDim ** 2, (head + 1) * headDim ** 2);
    const layer = Math.floor((head * headDim * layers) / channels);
    // The trace of W C W is that of W² C, or the squared length of W F.
    const sum = is === "factor" ? factorTrace : covarianceTrace;
    const trace = sum(matrix, block, head * headDim);
    variances[layer] = (variances[layer] ?? 0) + (trace * layers) / channels;
    yield;
  }
  return variances;
}

function covarianceTrace(c: Matrix, block: Float32Array, first: number): number {
  const size = Math.sqrt(block.length);
  let trace = 0;
  for (let d = 0; d < size; d++) {
    const row = rowOf(c, first + d);
    for (let e = 0; e < size; e++) {
      let square = 0;
      for (let k = 0; k < size; k++)
        square += (block[d * size + k] ?? 0) * (block[k * size + e] ?? 0);
      trace += square * (row[first + e] ?? 0);
    }
  }
  return trace;
}

function factorTrace(f: Matrix, block: Float32Array, first: number): number {
  const size = Math.sqrt(block.length);
  let trace = 0;
  for (let d = 0; d < size; d++) {
    const sums = new Float64Array(f.columns);
    for (let e = 0; e < size; e++) {
      const [weight, row] = [block[d * size + e] ?? 0, rowOf(f, first + e)];
      for (let k = 0; k < sums.length; k++) sums[k] = (sums[k] ?? 0) + weight * (row[k] ?? 0);
    }
    for (const sum of sums) trace += sum * sum;
  }
  return trace;
}
