/** @file What a model shows while it reads texts: moments of its rows, of its queries, and what errors in each layer do. */

import type { Sensitivity } from "../../engine/learn/noise-sensitivity.ts";
import { sensitiveWeighting } from "../../kv/basis/basis-weighting.ts";
import { modelWeightings, type Weightings } from "../../kv/basis/model-weightings.ts";
import { createQueryMoments, type QueryMoments } from "../../kv/basis/query-moments.ts";
import {
  createAttentionSimilarity,
  layerDistances,
} from "../../kv/sharing/attention-similarity.ts";
import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { layersByCache } from "../../model/kv-layers.ts";
import { readLinear } from "../../model/read-linear.ts";
import { at } from "../../shared/at.ts";
import { measureSensitivity } from "../bases/basis-calibration.ts";
import { RowMoments } from "../bases/row-moments.ts";
import { inOrder, orderByDistance } from "./layer-order.ts";
import type { ProbedModel } from "./probed-model.ts";

/** Tokens of a text that noise is put into. */
const NOISY_TOKENS = 256;

/** Tokens of one text. */
type Tokens = readonly number[];

export interface Calibration {
  moments: RowMoments;
  queries: QueryMoments;
}

/**
 * Layers of the bands within which covariances are kept, for groups of this many layers: a band is whole groups. Groups
 * that share a band are fitted to the same reading.
 */
export const bandOf = (group: number): number => (10 % group === 0 ? 10 : group);

interface ReadOptions {
  /** Tokens in all. */
  most: number;
  band: number;
  /** Which layer stands at each place of the moments, if not each at its own. */
  order?: readonly number[] | undefined;
}

/** Lets the model read texts. */
export async function readTexts(
  model: ProbedModel,
  texts: readonly Tokens[],
  { most, band, order }: ReadOptions,
): Promise<Calibration> {
  const { hardware, transformer, frequencies, probe, cache } = model;
  const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
    frequencies,
  });
  const shape = { ...cache.shape, frequencies };
  const moments = new RowMoments(shape, cache.shape.layers, band);
  transformer.sampleAttention(queries);
  try {
    for (const tokens of texts) {
      const left = most - moments.tokens;
      if (left <= 0) break;
      probe.forget();
      await probe.fill(tokens.slice(0, left + SINK_TOKENS));
      const { layers, tokens: read } = await probe.save();
      moments.add({ tokens: read, layers: order ? inOrder(layers, order) : layers });
    }
    return { moments, queries: await queries.read() };
  } finally {
    transformer.sampleAttention(undefined);
    queries.destroy();
  }
}

/** The order in which layers that attend alike to a text stand together. @param group layers of a group */
export async function alikeLayers(
  { hardware, transformer, probe, cache }: ProbedModel,
  text: Tokens,
  group: number,
): Promise<number[]> {
  const similarity = await createAttentionSimilarity(hardware, transformer.attentionInputs);
  transformer.sampleAttention(similarity);
  try {
    probe.forget();
    await probe.fill(text);
    const { gram } = await similarity.read();
    return orderByDistance(layerDistances(gram), cache.shape.layers, group);
  } finally {
    transformer.sampleAttention(undefined);
    similarity.destroy();
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
