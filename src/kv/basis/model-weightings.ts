import { assert } from "../../shared/assert.ts";
import {
  keyWeighting,
  sensitiveWeighting,
  valueWeighting,
  type HeadMoments,
  type KeyWeightingOptions,
  type OutputShape,
} from "./basis-weighting.ts";
import type { Work } from "../../linalg/stepped-work.ts";

/** W of all layers, for K and for V: [layers, kvHeads, headDim, headDim]. */
export interface Weightings {
  keys: Float32Array;
  values: Float32Array;
}

export interface WeightingSource {
  /** Moments of the queries that keys meet. Without them, all directions of a key count alike. */
  queries: HeadMoments;
  /**
   * Wo of a layer: [hidden, heads × headDim], and below it that of every other layer that attends to the same rows. It is
   * asked for once, when it is needed.
   */
  outputProjection: (layer: number) => Float32Array;
  /** KL of the next token per squared error, of each layer. If absent, all layers count alike. */
  sensitivity?: Readonly<Record<"keys" | "values", readonly number[]>>;
}

/** The space in which a model's K and V are to be coded. */
export function* modelWeightings(
  { queries, outputProjection, sensitivity }: WeightingSource,
  shape: OutputShape & KeyWeightingOptions,
): Work<Weightings> {
  const layerSize = shape.kvHeads * shape.headDim ** 2;
  const layers = queries.sums.length / layerSize;
  assert(Number.isInteger(layers), `${queries.sums.length} moments are not of whole layers`);
  const keys = yield* keyWeighting(queries, shape);
  const values = new Float32Array(keys.length);
  for (let layer = 0; layer < layers; layer++)
    values.set(yield* valueWeighting(outputProjection(layer), shape), layer * layerSize);
  if (!sensitivity) return { keys, values };
  return {
    keys: sensitiveWeighting(keys, sensitivity.keys),
    values: sensitiveWeighting(values, sensitivity.values),
  };
}
