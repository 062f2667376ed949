import type { EngineFailure } from "../../../protocol/errors.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { parseChatConfig } from "./chat-config.ts";

export const URL_OF_CONFIG = "https://models.test/mlc-chat-config.json";

export type Json = Record<string, unknown>;

/** The published configuration of Llama-3.2-1B-Instruct-q4f16_1-MLC, without most of its conversation template. */
export const LLAMA_32_1B: Json = {
  version: "0.1.0",
  model_type: "llama",
  quantization: "q4f16_1",
  model_config: {
    hidden_size: 2048,
    intermediate_size: 8192,
    num_attention_heads: 32,
    num_hidden_layers: 16,
    rms_norm_eps: 1e-5,
    vocab_size: 128256,
    tie_word_embeddings: true,
    position_embedding_base: 500000.0,
    rope_scaling: {
      factor: 32.0,
      high_freq_factor: 4.0,
      low_freq_factor: 1.0,
      original_max_position_embeddings: 8192,
      rope_type: "llama3",
    },
    context_window_size: 131072,
    prefill_chunk_size: 8192,
    num_key_value_heads: 8,
    head_dim: 64,
    tensor_parallel_shards: 1,
    max_batch_size: 128,
  },
  vocab_size: 128256,
  context_window_size: 131072,
  sliding_window_size: -1,
  prefill_chunk_size: 8192,
  attention_sink_size: -1,
  tensor_parallel_shards: 1,
  temperature: 0.6,
  top_p: 0.9,
  tokenizer_files: ["tokenizer.json", "tokenizer_config.json"],
  conv_template: { name: "llama-3_1" },
  pad_token_id: 0,
  bos_token_id: 128000,
  eos_token_id: [128001, 128008, 128009],
};

/** The same configuration with some fields changed, those of `model` in `model_config`. `undefined` removes a field. */
export function variant(change: { top?: Json; model?: Json }): Json {
  const model = { ...(LLAMA_32_1B["model_config"] as Json), ...change.model };
  const changed = { ...LLAMA_32_1B, model_config: model, ...change.top };
  return JSON.parse(JSON.stringify(changed)) as Json;
}

export function failureOfConfig(json: unknown): EngineFailure {
  try {
    parseChatConfig(json, URL_OF_CONFIG);
  } catch (error) {
    if (error instanceof EngineError) return error.failure;
    throw error;
  }
  throw new Error("it was accepted");
}
