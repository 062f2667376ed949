import { attentionReference } from "../../../shaders/forward/attention.ts";
import { embedReference } from "../../../shaders/forward/embed.ts";
import { linearReference, type LinearOutput } from "../../../shaders/forward/linear.ts";
import { rmsNormReference } from "../../../shaders/forward/rms-norm.ts";
import { ropeAppendReference, rotationTable } from "../../../shaders/forward/rope-append.ts";
import { assert } from "../../shared/assert.ts";
import { weightKey } from "../architectures/architecture.ts";
import { kvLayerOf } from "../kv-layers.ts";
import type { ModelConfig } from "../model-config.ts";
import { qkvShape } from "./kernels.ts";
import { ropeFrequencies } from "../rope.ts";

/**
 * A forward pass over a prompt, made of the kernels' references: plain loops and f64 sums.
 * What is done to the heads of a QKV product is what the architecture's description says.
 *
 * @param weights f32 values by `weightKey`
 * @returns logits of the last token, [activeVocab]
 */
export function forwardReference(
  config: ModelConfig,
  weights: ReadonlyMap<string, Float32Array>,
  tokenIds: Uint32Array,
): Float32Array {
  const { hidden, heads, kvHeads, headDim, ffn, activeVocab, rmsNormEps } = config;
  const weight = (role: string, layer?: number): Float32Array => {
    const values = weights.get(weightKey(role, layer));
    assert(values !== undefined, `there is no ${weightKey(role, layer)}`);
    return values;
  };
  const rotation = rotationTable(ropeFrequencies(config), tokenIds.length);
  const embedding = weight("embedding");
  const linear = (
    values: Float32Array,
    x: Float32Array,
    options: { rows: number; output: LinearOutput; y?: Float32Array },
  ) =>
    linearReference(values, x, options.y ?? x, {
      ...options,
      columns: x.length / tokenIds.length,
    });

  const caches = new Map<number, Uint16Array>();
  const cacheOf = (layer: number): Uint16Array => {
    const known = caches.get(layer) ?? new Uint16Array(tokenIds.length * 2 * kvHeads * headDim);
    caches.set(layer, known);
    return known;
  };

  let x = embedReference(embedding, tokenIds, hidden);
  for (let layer = 0; layer < config.layers; layer++) {
    const attentionInput = rmsNormReference(x, weight("attentionNorm", layer), rmsNormEps);
    const product = qkvShape(config, layer);
    const rows = (product.heads + 2 * product.kvHeads) * headDim;
    const qkv = linear(weight("qkv", layer), attentionInput, { rows, output: "store" });
    const cache = cacheOf(kvLayerOf(config, layer));
    const headWeights = {
      bias: weights.get(weightKey("qkvBias", layer)),
      queryGain: weights.get(weightKey("queryNorm", layer)),
      keyGain: weights.get(weightKey("keyNorm", layer)),
    };
    ropeAppendReference({ rotation, qkv, cache, ...headWeights }, product, 0);
    const shape = { heads, kvHeads, headDim, scoreWidth: config.attention.scoreWidth };
    const queriesOnly = product.kvHeads === 0;
    const attended = attentionReference(qkv, cache, shape, { queriesOnly });
    x = linear(weight("attentionOutput", layer), attended, { rows: hidden, output: "add", y: x });
    const ffnInput = rmsNormReference(x, weight("mlpNorm", layer), rmsNormEps);
    const activated = linear(weight("gateUp", layer), ffnInput, {
      rows: 2 * ffn,
      output: "swiglu",
    });
    x = linear(weight("down", layer), activated, { rows: hidden, output: "add", y: x });
  }
  const last = rmsNormReference(x.slice(-hidden), weight("finalNorm"), rmsNormEps);
  const head = config.tiedEmbeddings ? embedding : weight("head");
  const output = { rows: activeVocab, columns: hidden, output: "store" as const };
  return linearReference(head, last, last, output);
}
