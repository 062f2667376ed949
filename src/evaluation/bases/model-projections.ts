/** @file Reads the projections before and behind the attention of a model in f16. For offline use. */

import { weightKey } from "../../model/architectures/architecture.ts";
import { loadModel } from "../../model/sources/load-model.ts";
import { fetchProjectFile, NO_CACHE, PROJECT_ORIGIN } from "../../model/testing.ts";
import { assert } from "../../shared/assert.ts";
import { decodeFloats } from "../../shared/number-formats.ts";

export interface Projections {
  /** Key projections of all layers, times the gain of the norm before them: [layers × kvHeads × headDim, hidden] */
  keys: Float32Array;
  /** Value projections, the same way. */
  values: Float32Array;
  /** Output projection of each layer: [hidden, heads × headDim] */
  outputs: Float32Array[];
}

/** @param directory path of a model in q0f16 on the server, such as `/models/pip-4.7m/mlc-q0f16/` */
export async function readProjections(directory: string): Promise<Projections> {
  const weights = new Map<string, Float32Array>();
  const { config } = await loadModel(`${PROJECT_ORIGIN}${directory}`, {
    signal: new AbortController().signal,
    fetch: fetchProjectFile,
    cache: NO_CACHE,
    onTensor(tensor) {
      if (tensor.part !== "values" || tensor.dtype === "u32") return;
      const { weight, dtype, bytes } = tensor;
      if (/qkv|attention/.test(weight)) weights.set(weight, decodeFloats(bytes, dtype));
    },
  });
  const { layers, kvHeads, headDim, hidden, heads } = config;
  const width = kvHeads * headDim;
  const projections: Projections = {
    keys: new Float32Array(layers * width * hidden),
    values: new Float32Array(layers * width * hidden),
    outputs: [],
  };
  for (let layer = 0; layer < layers; layer++) {
    const { qkv, gain, output } = ofLayer(weights, layer);
    const from = (first: number) =>
      withGain(qkv.subarray(first * hidden, (first + width) * hidden), gain);
    projections.keys.set(from(heads * headDim), layer * width * hidden);
    projections.values.set(from(heads * headDim + width), layer * width * hidden);
    projections.outputs.push(output);
  }
  return projections;
}

function ofLayer(weights: ReadonlyMap<string, Float32Array>, layer: number) {
  const get = (role: string): Float32Array => {
    const found = weights.get(weightKey(role, layer));
    assert(found !== undefined, `there is no ${role} in layer ${layer}`);
    return found;
  };
  return {
    qkv: get("qkv"),
    output: get("attentionOutput"),
    gain: get("attentionNorm"),
  };
}

const withGain = (rows: Float32Array, gain: Float32Array): Float32Array =>
  rows.map((value, at) => value * (gain[at % gain.length] ?? 0));
