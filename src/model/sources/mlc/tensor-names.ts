import { ARCHITECTURES } from "../../architectures/architectures.ts";
import type { Architecture } from "../../architectures/architecture.ts";

/** Names of an architecture's tensors by role; `{layer}` stands for the number of a weight's layer. */
export type TensorNames = Readonly<Record<string, string>>;

const LAYER = "model.layers.{layer}.";

const LLAMA: TensorNames = {
  embedding: "model.embed_tokens.weight",
  attentionNorm: `${LAYER}input_layernorm.weight`,
  qkv: `${LAYER}self_attn.qkv_proj.weight`,
  attentionOutput: `${LAYER}self_attn.o_proj.weight`,
  mlpNorm: `${LAYER}post_attention_layernorm.weight`,
  gateUp: `${LAYER}mlp.gate_up_proj.weight`,
  down: `${LAYER}mlp.down_proj.weight`,
  finalNorm: "model.norm.weight",
  head: "lm_head.weight",
};

const QWEN: TensorNames = { ...LLAMA, qkv: `${LAYER}self_attn.c_attn.weight` };

/** The names that mlc-llm gives to the weights of each architecture. Source: the `model` folder of mlc-llm. */
const TENSOR_NAMES: Readonly<Record<string, TensorNames>> = {
  llama: LLAMA,
  mistral: LLAMA,
  qwen2: { ...QWEN, qkvBias: `${LAYER}self_attn.c_attn.bias` },
  qwen3: {
    ...QWEN,
    queryNorm: `${LAYER}self_attn.q_norm.weight`,
    keyNorm: `${LAYER}self_attn.k_norm.weight`,
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
