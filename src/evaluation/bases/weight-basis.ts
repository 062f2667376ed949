/**
 * @file A basis from the weights alone (CommonKV, arXiv:2508.16134). Keys and values of a group of layers are
 * products of hidden states with stacked projections. If hidden states vary equally in every direction, the
 * directions of most variance are the left singular vectors of the projections.
 */

import {
  denseCovariance,
  factorCovariance,
  weightedCovariance,
} from "../../kv/basis/covariance.ts";
import { fitSide } from "../../kv/basis/fit-basis.ts";
import { matrixOf, timesTransposed } from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import type { BasisSide } from "../../kv/codecs/transform-basis.ts";

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
