/** @file What a model shows while it reads texts: moments of its rows, of its queries, and what errors in each layer do. */

import type { Sensitivity } from "../../engine/learn/noise-sensitivity.ts";
import { sensitiveWeighting } from "../../kv/basis/basis-weighting.ts";
import { modelWeightings, type Weightings } from "../../kv/basis/model-weightings.ts";
import { createQueryMoments, type QueryMoments } from "../../kv/basis/query-moments.ts";
import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { layersByCache } from "../../model/kv-layers.ts";
import { readLinear } from "../../model/read-linear.ts";
import { at } from "../../shared/at.ts";
import { measureSensitivity } from "../bases/basis-calibration.ts";
import { RowMoments } from "../bases/row-moments.ts";
import type { ProbedModel } from "./probed-model.ts";

/** Layers within which covariances are kept: the largest group that a basis can have. */
export const BAND_LAYERS = 10;
/** Tokens of a text that noise is put into. */
const NOISY_TOKENS = 256;

/** Tokens of one text. */
type Tokens = readonly number[];

export interface Calibration {
  moments: RowMoments;
  queries: QueryMoments;
}

/** Lets the model read texts. @param most tokens in all */
export async function readTexts(
  model: ProbedModel,
  texts: readonly Tokens[],
  most: number,
): Promise<Calibration> {
  const { hardware, transformer, frequencies, probe, cache } = model;
  const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
    frequencies,
  });
  const shape = { ...cache.shape, frequencies };
  const moments = new RowMoments(shape, cache.shape.layers, BAND_LAYERS);
  transformer.sampleAttention(queries);
  try {
    for (const tokens of texts) {
      const left = most - moments.tokens;
      if (left <= 0) break;
      probe.forget();
      await probe.fill(tokens.slice(0, left + SINK_TOKENS));
      moments.add(await probe.save());
    }
    return { moments, queries: await queries.read() };
  } finally {
    transformer.sampleAttention(undefined);
    queries.destroy();
  }
}

/** The weightings of keys by queries and of values by output projections, without the layers' sensitivity. */
export async function plainWeightings(
  { hardware, config, weights, frequencies }: ProbedModel,
  queries: QueryMoments,
): Promise<Weightings> {
  const outputs: Float32Array[] = [];
  for (const { attentionOutput } of weights.layers)
    outputs.push(await readLinear(hardware.device, attentionOutput));
  const readers = layersByCache(config);
  const source = {
    queries,
    outputProjection: (cached: number) =>
      Float32Array.from(at(readers, cached).flatMap((layer) => [...at(outputs, layer)])),
  };
  return finish(modelWeightings(source, { ...config, frequencies }));
}

/** What an error in each layer does, as the mean over some texts. */
export function layerSensitivity(
  { probe, cache, frequencies }: ProbedModel,
  texts: readonly Tokens[],
  weightings: Weightings,
): Promise<Sensitivity> {
  const shape = { ...cache.shape, frequencies };
  const cut = texts.map((tokens) => tokens.slice(0, NOISY_TOKENS));
  return measureSensitivity(probe, cut, { weightings, shape, layers: cache.shape.layers });
}

export const weightedBy = (plain: Weightings, { keys, values }: Sensitivity): Weightings => ({
  keys: sensitiveWeighting(plain.keys, keys),
  values: sensitiveWeighting(plain.values, values),
});
