/** @file Reads the projections around the attention of a model that is on a device, whatever the format of its weights. */

import { readBuffer } from "../../device/readback.ts";
import { cachedLayers } from "../../model/kv-layers.ts";
import { readLinear } from "../../model/read-linear.ts";
import { at } from "../../shared/at.ts";
import type { ProbedModel } from "./probed-model.ts";

/** Of all layers that have K and V of their own. */
export interface ModelProjections {
  /** Times the gain of the norm before them: [channels of all layers, hidden]. */
  keys: Float32Array;
  values: Float32Array;
}

export async function readProjections({
  hardware: { device },
  config,
  weights,
}: ProbedModel): Promise<ModelProjections> {
  const { heads, kvHeads, headDim, hidden } = config;
  const size = kvHeads * headDim * hidden;
  const layers = cachedLayers(config);
  const projections = {
    keys: new Float32Array(layers.length * size),
    values: new Float32Array(layers.length * size),
  };
  for (const [i, layer] of layers.entries()) {
    const { qkv, attentionNorm } = at(weights.layers, layer);
    const rows = await readLinear(device, qkv);
    const gain = new Float32Array(await readBuffer(device, attentionNorm));
    const from = heads * headDim * hidden;
    projections.keys.set(withGain(rows.subarray(from, from + size), gain), i * size);
    projections.values.set(withGain(rows.subarray(from + size, from + 2 * size), gain), i * size);
  }
  return projections;
}

const withGain = (rows: Float32Array, gain: Float32Array): Float32Array =>
  rows.map((value, i) => value * (gain[i % gain.length] ?? NaN));
