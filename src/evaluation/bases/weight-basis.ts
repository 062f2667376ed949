/**
 * @file A basis from the weights alone (CommonKV, arXiv:2508.16134): keys and values of a group of layers
 * are products of hidden states with stacked projections. With hidden states taken as equally strong in
 * every direction, the directions of the most variance are the projections' left singular vectors.
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
  /** [channels, hidden]: a group's key or value projections, each times the gain of the norm before it */
  projection: Float32Array;
  /** W: [layers, kvHeads, headDim, headDim] */
  weighting: Float32Array;
}

/** Its mean is 0: what the hidden states' mean is, the weights do not say. */
export function* fitWeightSide(
  { projection, weighting }: WeightSource,
  channels: number,
  rank: number,
): Work<BasisSide> {
  const rows = matrixOf(projection, projection.length / channels);
  // Whichever of the two takes fewer products.
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
