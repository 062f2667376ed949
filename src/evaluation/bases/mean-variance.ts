import type { Weightings } from "../../kv/basis/model-weightings.ts";
import type { BasisShapeOfModel } from "./fitted-bases.ts";
import type { RowMoments } from "./row-moments.ts";

/** Mean variance of a number in the weighted space: the trace of W C W, divided by the number of channels. */
export function meanVariance(
  moments: Pick<RowMoments, "ofChannels">,
  weightings: Weightings,
  { layers, kvHeads, headDim }: BasisShapeOfModel,
): number {
  const heads = layers * kvHeads;
  let sum = 0;
  for (const side of [0, 1] as const)
    for (let head = 0; head < heads; head++) {
      const channels = { start: head * headDim, end: (head + 1) * headDim };
      const { covariance } = moments.ofChannels(side, channels);
      const from = head * headDim ** 2;
      const weighting = weightings[side === 0 ? "keys" : "values"];
      sum += weightedTrace(weighting.subarray(from, from + headDim ** 2), covariance, headDim);
    }
  return sum / (2 * heads * headDim);
}

/** The trace of W C W of one head. */
function weightedTrace(weighting: Float32Array, covariance: Float64Array, size: number): number {
  let trace = 0;
  for (let row = 0; row < size; row++)
    for (let d = 0; d < size; d++)
      for (let e = 0; e < size; e++)
        trace +=
          (weighting[row * size + d] ?? NaN) *
          (covariance[d * size + e] ?? NaN) *
          (weighting[row * size + e] ?? NaN);
  return trace;
}
