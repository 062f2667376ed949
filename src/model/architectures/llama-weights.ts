import type { ModelConfig } from "../model-config.ts";

/** One weight as the forward pass thinks of it, whatever its numbers are stored as. */
export interface LlamaWeight {
  /** As in the shards, up to and including `.weight`. */
  name: string;
  /** `[outputs, inputs]` of a matrix, `[size]` of a norm. */
  shape: number[];
}

/** Every weight of the model, in the order of use. Source: `LlamaForCausalLM` of mlc-llm. */
export function llamaWeights(config: ModelConfig): LlamaWeight[] {
  const { hidden, vocab } = config;
  const weights = [{ name: "model.embed_tokens.weight", shape: [vocab, hidden] }];
  for (let layer = 0; layer < config.layers; layer++) weights.push(...layerWeights(config, layer));
  weights.push({ name: "model.norm.weight", shape: [hidden] });
  if (!config.tiedEmbeddings) weights.push({ name: "lm_head.weight", shape: [vocab, hidden] });
  return weights;
}

function layerWeights(config: ModelConfig, layer: number): LlamaWeight[] {
  const { hidden, ffn, heads, kvHeads, headDim } = config;
  const weight = (name: string, ...shape: number[]): LlamaWeight => ({
    name: `model.layers.${layer}.${name}.weight`,
    shape,
  });
  return [
    weight("input_layernorm", hidden),
    weight("self_attn.qkv_proj", (heads + 2 * kvHeads) * headDim, hidden),
    weight("self_attn.o_proj", hidden, heads * headDim),
    weight("post_attention_layernorm", hidden),
    weight("mlp.gate_up_proj", 2 * ffn, hidden),
    weight("mlp.down_proj", hidden, ffn),
  ];
}
