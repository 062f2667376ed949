import type { Llama3Scaling } from "../model-config.ts";
import type { Quantization } from "../../protocol/runnable-models.ts";
import { BYTE_TOKENIZER_VOCAB } from "./generate-tokenizer.ts";

interface KvSharingJson {
  num_kv_shared_layers?: number;
  use_cla?: boolean;
  cla_share_factor?: number;
  layer_types?: string;
}

/** The shape and the format of a model of random weights. */
export interface ModelSpec {
  architecture: string;
  quantization: Quantization;
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  /** The fields of `model_config` that say which layers share K and V. None of them means that no layers do. */
  kvSharing: KvSharingJson;
  headDim: number;
  /** Rows of the embedding: at least the 259 of the byte tokenizer. */
  vocab: number;
  contextTokens: number;
  prefillChunkTokens: number;
  tiedEmbeddings: boolean;
  ropeTheta: number;
  ropeScaling: Llama3Scaling | null;
  seed: number;
  /** The most bytes of a shard. A single larger tensor has a shard of its own. */
  shardBytes: number;
}

export const DEFAULT_SPEC: ModelSpec = {
  architecture: "llama",
  quantization: "q4f16_1",
  layers: 2,
  hidden: 64,
  ffn: 96,
  heads: 4,
  kvHeads: 2,
  kvSharing: {},
  headDim: 16,
  vocab: 272,
  contextTokens: 512,
  prefillChunkTokens: 128,
  tiedEmbeddings: true,
  ropeTheta: 10_000,
  ropeScaling: null,
  seed: 1,
  shardBytes: 64 * 1024,
};

/** The stretching of Llama 3.2, for a model that was trained on 256 positions. */
export const LLAMA3_SCALING: Llama3Scaling = {
  type: "llama3",
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalContextTokens: 256,
};

/** The `mlc-chat-config.json` of a generated model. */
export function chatConfigJson(spec: ModelSpec): object {
  return {
    version: "0.1.0",
    model_type: spec.architecture,
    quantization: spec.quantization,
    model_config: modelConfigJson(spec),
    vocab_size: spec.vocab,
    active_vocab_size: BYTE_TOKENIZER_VOCAB,
    context_window_size: spec.contextTokens,
    sliding_window_size: -1,
    prefill_chunk_size: spec.prefillChunkTokens,
    tensor_parallel_shards: 1,
    temperature: 0.7,
    top_p: 0.95,
    repetition_penalty: 1,
    tokenizer_files: ["tokenizer.json", "tokenizer_config.json"],
    tokenizer_info: { token_postproc_method: "byte_level" },
    conv_template: CHATML,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 2,
  };
}

function modelConfigJson(spec: ModelSpec): object {
  return {
    hidden_size: spec.hidden,
    intermediate_size: spec.ffn,
    num_attention_heads: spec.heads,
    num_key_value_heads: spec.kvHeads,
    ...spec.kvSharing,
    head_dim: spec.headDim,
    num_hidden_layers: spec.layers,
    rms_norm_eps: 1e-5,
    vocab_size: spec.vocab,
    tie_word_embeddings: spec.tiedEmbeddings,
    position_embedding_base: spec.ropeTheta,
    rope_scaling: spec.ropeScaling && scalingJson(spec.ropeScaling),
    context_window_size: spec.contextTokens,
    prefill_chunk_size: spec.prefillChunkTokens,
    tensor_parallel_shards: 1,
  };
}

const scalingJson = (scaling: Llama3Scaling): object => ({
  rope_type: scaling.type,
  factor: scaling.factor,
  low_freq_factor: scaling.lowFreqFactor,
  high_freq_factor: scaling.highFreqFactor,
  original_max_position_embeddings: scaling.originalContextTokens,
});

const CHATML = {
  name: "chatml",
  system_template: "<|im_start|>system\n{system_message}<|im_end|>\n",
  system_message: "",
  system_prefix_token_ids: null,
  add_role_after_system_message: true,
  roles: { user: "<|im_start|>user", assistant: "<|im_start|>assistant" },
  role_templates: {
    user: "{user_message}",
    assistant: "{assistant_message}",
    tool: "{tool_message}",
  },
  messages: [],
  seps: ["<|im_end|>\n"],
  role_content_sep: "\n",
  role_empty_sep: "\n",
  stop_str: ["<|im_end|>"],
  stop_token_ids: [2],
  function_string: "",
  use_function_calling: false,
};
