import { ARCHITECTURES } from "../../architectures/architectures.ts";
import type { Architecture } from "../../architectures/architecture.ts";

/** Names of an architecture's tensors by role; `{layer}` stands for the number of a weight's layer. */
export type TensorNames = Readonly<Record<string, string>>;

/** The names that mlc-llm gives to the weights of each architecture. Source: the `model` folder of mlc-llm. */
const TENSOR_NAMES: Readonly<Record<string, TensorNames>> = {
  llama: {
    embedding: "model.embed_tokens.weight",
    attentionNorm: "model.layers.{layer}.input_layernorm.weight",
    qkv: "model.layers.{layer}.self_attn.qkv_proj.weight",
    attentionOutput: "model.layers.{layer}.self_attn.o_proj.weight",
    mlpNorm: "model.layers.{layer}.post_attention_layernorm.weight",
    gateUp: "model.layers.{layer}.mlp.gate_up_proj.weight",
    down: "model.layers.{layer}.mlp.down_proj.weight",
    finalNorm: "model.norm.weight",
    head: "lm_head.weight",
  },
};

/** The architectures that MLC's files are read for, each named by `model_type`. */
export interface MlcRegistry {
  architectures: readonly Architecture[];
  /** Names of the tensors, by name of the architecture. */
  tensorNames: Readonly<Record<string, TensorNames>>;
}

export const MLC_REGISTRY: MlcRegistry = {
  architectures: ARCHITECTURES,
  tensorNames: TENSOR_NAMES,
};
