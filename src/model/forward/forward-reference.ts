import { attentionReference } from "../../../shaders/forward/attention.ts";
import { embedReference } from "../../../shaders/forward/embed.ts";
import { linearReference, type LinearOutput } from "../../../shaders/forward/linear.ts";
import { rmsNormReference } from "../../../shaders/forward/rms-norm.ts";
import { ropeAppendReference, rotationTable } from "../../../shaders/forward/rope-append.ts";
import { assert } from "../../shared/assert.ts";
import type { ModelConfig } from "../model-config.ts";
import { ropeFrequencies } from "../rope.ts";

/**
 * A Llama forward pass over a prompt, made of the kernels' references: plain loops, f64 sums.
 *
 * @param weights f32 by name, `….weight`; as the shards decode
 * @returns logits of the last token, [vocab]
 */
export function forwardReference(
  config: ModelConfig,
  weights: ReadonlyMap<string, Float32Array>,
  tokenIds: Uint32Array,
): Float32Array {
  const { hidden, heads, kvHeads, headDim, ffn, vocab, rmsNormEps } = config;
  const weight = (name: string): Float32Array => {
    const values = weights.get(`${name}.weight`);
    assert(values !== undefined, `no weight is called ${name}`);
    return values;
  };
  const rotation = rotationTable(ropeFrequencies(config), tokenIds.length);
  const embedding = weight("model.embed_tokens");
  const linear = (
    name: string,
    x: Float32Array,
    options: { rows: number; output: LinearOutput; y?: Float32Array },
  ) =>
    linearReference(weight(name), x, options.y ?? x, {
      ...options,
      columns: x.length / tokenIds.length,
    });

  let x = embedReference(embedding, tokenIds, hidden);
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}`;
    const attentionInput = rmsNormReference(x, weight(`${layer}.input_layernorm`), rmsNormEps);
    const rows = (heads + 2 * kvHeads) * headDim;
    const qkv = linear(`${layer}.self_attn.qkv_proj`, attentionInput, { rows, output: "store" });
    const cache = new Uint16Array(tokenIds.length * 2 * kvHeads * headDim);
    ropeAppendReference({ rotation, qkv, cache }, config, 0);
    const attended = attentionReference(qkv, cache, config);
    x = linear(`${layer}.self_attn.o_proj`, attended, { rows: hidden, output: "add", y: x });
    const ffnInput = rmsNormReference(x, weight(`${layer}.post_attention_layernorm`), rmsNormEps);
    const activated = linear(`${layer}.mlp.gate_up_proj`, ffnInput, {
      rows: 2 * ffn,
      output: "swiglu",
    });
    x = linear(`${layer}.mlp.down_proj`, activated, { rows: hidden, output: "add", y: x });
  }
  const last = rmsNormReference(x.slice(-hidden), weight("model.norm"), rmsNormEps);
  const head = config.tiedEmbeddings ? embedding : weight("lm_head");
  return linearReference(head, last, last, { rows: vocab, columns: hidden, output: "store" });
}
