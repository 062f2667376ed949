/** @file What a model's weights say of its queries, K and V, read back from the device one layer at a time. */

import { blendedQueries, queryPrior, type QueryProjection } from "../../kv/basis/query-prior.ts";
import { keyWeighting, valueWeighting, type HeadMoments } from "../../kv/basis/basis-weighting.ts";
import type { SidePrior } from "../../kv/basis/blended-covariance.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { finishInSlices } from "../../linalg/stepped-work.ts";
import { zeros } from "../../linalg/matrix.ts";
import { readBuffer } from "../../device/readback.ts";
import type { Device, DeviceBuffer } from "../../device/device.ts";
import { cachedLayers, layersByCache } from "../../model/kv-layers.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import { readLinear } from "../../model/read-linear.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import type { LayerWeights, ModelWeights } from "../../model/weights.ts";
import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/** A model whose weights are on a device. */
export interface ProjectingModel {
  hardware: { device: Device };
  config: ModelConfig;
  weights: Pick<ModelWeights, "layers">;
}

/**
 * The space in which equal errors within a layer do equal harm, from the weights and the queries that were sampled.
 *
 * @returns undefined if the signal was aborted
 */
export async function readWeightings(
  model: ProjectingModel,
  sampled: HeadMoments,
  signal: AbortSignal,
): Promise<Weightings | undefined> {
  const { config } = model;
  const { headDim } = config;
  const layerSize = config.kvHeads * headDim ** 2;
  // What an error of K or V does adds up over the layers that attend to it.
  const readers = layersByCache(config);
  const queries = new Float64Array(readers.length * layerSize);
  const values = new Float32Array(readers.length * layerSize);
  for (const [cached, layers] of readers.entries()) {
    const outputs: Float32Array[] = [];
    for (const layer of layers) {
      if (signal.aborted) return undefined;
      const projection = await readQueries(model, layer);
      const prior = await finishInSlices(queryPrior(projection, config), { signal });
      for (const [i, value] of (prior ?? []).entries())
        queries[cached * layerSize + i] = (queries[cached * layerSize + i] ?? 0) + value;
      const { attentionOutput } = at(model.weights.layers, layer);
      outputs.push(await readLinear(model.hardware.device, attentionOutput));
    }
    const own = await finishInSlices(valueWeighting(joined(outputs), config), { signal });
    if (!own) return undefined;
    values.set(own, cached * layerSize);
  }
  const shape = { headDim, frequencies: ropeFrequencies(config) };
  const work = keyWeighting(blendedQueries(sampled, queries), shape);
  const keys = await finishInSlices(work, { signal });
  return keys && { keys, values };
}

/** Projections of K and of V of some of the cache's layers. */
export async function readPriors(
  model: ProjectingModel,
  { start, end }: IndexRange,
): Promise<readonly [keys: SidePrior, values: SidePrior]> {
  const { heads, kvHeads, headDim, hidden } = model.config;
  const channels = kvHeads * headDim;
  const keys = zeros((end - start) * channels, hidden);
  const values = zeros((end - start) * channels, hidden);
  for (const [i, layer] of cachedLayers(model.config).slice(start, end).entries()) {
    const qkv = await readGained(model, layer);
    const norm = await read(model, at(model.weights.layers, layer).heads.keyNorm);
    const rowsFrom = (head: number) =>
      qkv.subarray(head * headDim * hidden, (head * headDim + channels) * hidden);
    keys.values.set(withNorm(rowsFrom(heads), norm, hidden), i * channels * hidden);
    values.values.set(rowsFrom(heads + kvHeads), i * channels * hidden);
  }
  return [keys, values];
}

/** The norm of a head makes its numbers about as large everywhere. What it changes between them is its gain. */
function withNorm(
  rows: Float32Array,
  norm: Float32Array | undefined,
  hidden: number,
): Float32Array {
  if (!norm) return rows;
  return rows.map((value, i) => value * (norm[Math.floor(i / hidden) % norm.length] ?? 0));
}

async function readQueries(model: ProjectingModel, layer: number): Promise<QueryProjection> {
  const { heads, headDim, hidden } = model.config;
  const { qkvBias, queryNorm } = at(model.weights.layers, layer).heads;
  const [qkv, bias, norm] = [
    await readGained(model, layer),
    await read(model, qkvBias),
    await read(model, queryNorm),
  ];
  return { projection: qkv.subarray(0, heads * headDim * hidden), bias, norm };
}

/** The QKV product's matrix, each column times the gain of the norm before it. */
async function readGained(model: ProjectingModel, layer: number): Promise<Float32Array> {
  const { qkv, attentionNorm }: LayerWeights = at(model.weights.layers, layer);
  const gain = await read(model, attentionNorm);
  const rows = await readLinear(model.hardware.device, qkv);
  const { hidden } = model.config;
  for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) * (gain[i % hidden] ?? 0);
  return rows;
}

async function read(model: ProjectingModel, buffer: DeviceBuffer): Promise<Float32Array>;
async function read(
  model: ProjectingModel,
  buffer: DeviceBuffer | undefined,
): Promise<Float32Array | undefined>;
async function read(
  { hardware }: ProjectingModel,
  buffer: DeviceBuffer | undefined,
): Promise<Float32Array | undefined> {
  return buffer && new Float32Array(await readBuffer(hardware.device, buffer));
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only) return only;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
