/**
 * @file What the weights alone say of K and V (CommonKV, arXiv:2508.16134). Keys and values of a group of layers are
 * products of hidden states with stacked projections. If hidden states vary equally in every direction, their
 * covariance is P Pᵀ, and the directions of most variance are the left singular vectors of the projections.
 */

import { factorCovariance, denseCovariance, weightedCovariance } from "./covariance.ts";
import { fitSide } from "./fit-basis.ts";
import { matrixOf, timesTransposed, type Matrix } from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import type { BasisSide } from "../codecs/transform-basis.ts";

export interface WeightSource {
  /** [channels, hidden]: key or value projections of a group, each times the gain of the norm before it */
  projection: Float32Array;
  /** The weighting W: [layers, kvHeads, headDim, headDim] */
  weighting: Float32Array;
}

/** Fit one side of a basis. Its mean is 0, because the weights do not say what the mean of hidden states is. */
export function* fitWeightSide(
  { projection, weighting }: WeightSource,
  channels: number,
  rank: number,
): Work<BasisSide> {
  const rows = matrixOf(projection, projection.length / channels);
  // Both ways give the same covariance. The one with fewer products is taken.
  const covariance =
    rows.columns < channels / 2
      ? factorCovariance(rows)
      : denseCovariance(yield* timesTransposed(rows, rows));
  return yield* fitSide(
    {
      mean: new Float32Array(channels),
      weighting,
      covariance: weightedCovariance(covariance, weighting),
    },
    rank,
  );
}

/**
 * Projections of a group, scaled so that P Pᵀ gives each head the variance that was seen in it. How strongly a head
 * varies is known after a few rows. Which of its directions belong together, and with which of other layers, is not.
 *
 * @param projection P, [channels, hidden]
 * @param variances of each channel, as they were seen
 */
export function scaledProjection(
  projection: Matrix,
  variances: ArrayLike<number>,
  headDim: number,
): Matrix {
  const { rows, columns } = projection;
  const values = projection.values.slice();
  for (let head = 0; head < rows; head += headDim) {
    const own = values.subarray(head * columns, (head + headDim) * columns);
    let [seen, stated] = [0, 0];
    for (let d = 0; d < headDim; d++) seen += variances[head + d] ?? 0;
    for (const value of own) stated += value * value;
    const scale = stated > 0 ? Math.sqrt(seen / stated) : 0;
    for (let i = 0; i < own.length; i++) own[i] = (own[i] ?? 0) * scale;
  }
  return { rows, columns, values };
}
