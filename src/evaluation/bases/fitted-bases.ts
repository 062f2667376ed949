/** @file Fits bases with any number of layers in a group, to moments of rows or to projections. For offline use. */

import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { denseCovariance, weightedCovariance } from "../../kv/basis/covariance.ts";
import { fitSide } from "../../kv/basis/fit-basis.ts";
import { finish } from "../../linalg/stepped-work.ts";
import type {
  BasisGroup,
  BasisShape,
  BasisSide,
  TransformBasis,
} from "../../kv/codecs/transform-basis.ts";
import { fitWeightSide } from "../../kv/basis/weight-basis.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { RowMoments } from "./row-moments.ts";

export interface BasisShapeOfModel extends BasisShape {
  layers: number;
}

/** The weighting in which all numbers count the same. @param scale weight of each number */
export function unweighted({ layers, kvHeads, headDim }: BasisShapeOfModel, scale = 1): Weightings {
  const weighting = new Float32Array(layers * kvHeads * headDim ** 2);
  for (let block = 0; block < weighting.length; block += headDim ** 2)
    for (let d = 0; d < headDim; d++) weighting[block + d * (headDim + 1)] = scale;
  return { keys: weighting, values: weighting };
}

interface Fitting {
  shape: BasisShapeOfModel;
  weightings: Weightings;
  /** Number of layers of a group. */
  group: number;
  /** Number of components of a group's K, and of its V. There are never more than channels. */
  components: number;
}

/** Fit bases to the moments of all layers' K and V. */
export function fitMoments(
  moments: Pick<RowMoments, "ofChannels">,
  fitting: Fitting,
): TransformBasis {
  return fitGroups(fitting, (side, channels, weighting) => {
    const { mean, covariance } = moments.ofChannels(side, channels);
    const width = channels.end - channels.start;
    const dense = denseCovariance({ rows: width, columns: width, values: covariance });
    return finish(
      fitSide(
        {
          mean: Float32Array.from(mean),
          weighting,
          covariance: weightedCovariance(dense, weighting),
        },
        Math.min(width, fitting.components),
      ),
    );
  });
}

/** Fit bases to the projections alone. @param projections those of K and of V, [channels of all layers, hidden] */
export function fitProjections(
  projections: readonly [Float32Array, Float32Array],
  hidden: number,
  fitting: Fitting,
): TransformBasis {
  return fitGroups(fitting, (side, channels, weighting) => {
    const width = channels.end - channels.start;
    const projection = projections[side].subarray(channels.start * hidden, channels.end * hidden);
    const rank = Math.min(width, fitting.components);
    return finish(fitWeightSide({ projection, weighting }, width, rank));
  });
}

function fitGroups(
  { shape, weightings, group, components }: Fitting,
  fit: (side: 0 | 1, channels: IndexRange, weighting: Float32Array) => BasisSide,
): TransformBasis {
  const { layers, kvHeads, headDim } = shape;
  const groups = Array.from({ length: Math.ceil(layers / group) }, (_, i): BasisGroup => {
    const range = { start: i * group, end: Math.min((i + 1) * group, layers) };
    const width = kvHeads * headDim;
    const channels = { start: range.start * width, end: range.end * width };
    const of = (side: 0 | 1) =>
      fit(
        side,
        channels,
        weightings[side === 0 ? "keys" : "values"].subarray(
          channels.start * headDim,
          channels.end * headDim,
        ),
      );
    return { layers: range, keys: of(0), values: of(1) };
  });
  return { kvHeads, headDim, wideComponents: components, groups };
}
