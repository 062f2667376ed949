import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EngineFailure } from "../../../protocol/errors.ts";
import {
  failureOfConfig,
  LLAMA_32_1B,
  URL_OF_CONFIG,
  variant,
  type Json,
} from "./chat-config-testing.ts";
import { parseChatConfig } from "./chat-config.ts";

test("a published configuration is read in full", () => {
  expect(parseChatConfig(LLAMA_32_1B, URL_OF_CONFIG)).toEqual({
    config: {
      architecture: "llama",
      layers: 16,
      hidden: 2048,
      ffn: 8192,
      heads: 32,
      kvHeads: 8,
      headDim: 64,
      attention: { steps: [{ step: "rotate", parts: ["query", "key"] }], scoreWidth: 64 },
      vocab: 128256,
      activeVocab: 128256,
      contextTokens: 131072,
      prefillChunkTokens: 8192,
      rmsNormEps: 1e-5,
      rope: {
        theta: 500000,
        scaling: {
          type: "llama3",
          factor: 32,
          lowFreqFactor: 1,
          highFreqFactor: 4,
          originalContextTokens: 8192,
        },
      },
      tiedEmbeddings: true,
      eosTokenIds: [128001, 128008, 128009],
      sampling: { temperature: 0.6, topP: 0.9, repetitionPenalty: 1 },
    },
    quantization: "q4f16_1",
    convTemplate: { name: "llama-3_1" },
    tokenizerFiles: ["tokenizer.json", "tokenizer_config.json"],
  });
});

test("the embedded model's configuration is read", () => {
  const path = "../../../../public/models/pip-4.7m/mlc-q0f16/mlc-chat-config.json";
  const json: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
  const { layers, hidden, heads, kvHeads, headDim, ffn, vocab, contextTokens, rope, eosTokenIds } =
    parseChatConfig(json, URL_OF_CONFIG).config;
  expect({ layers, hidden, heads, kvHeads, headDim, ffn, vocab, contextTokens }).toEqual({
    layers: 12,
    hidden: 192,
    heads: 6,
    kvHeads: 2,
    headDim: 32,
    ffn: 448,
    vocab: 2048,
    contextTokens: 2048,
  });
  expect(rope).toEqual({ theta: 10000, scaling: null });
  expect(eosTokenIds).toEqual([2]);
});

test("what is unset takes its default", () => {
  const { config } = parseChatConfig(
    variant({
      top: {
        context_window_size: -1,
        prefill_chunk_size: -1,
        active_vocab_size: null,
        temperature: null,
        top_p: undefined,
        eos_token_id: 128001,
      },
      model: {
        head_dim: 0,
        num_key_value_heads: 0,
        tie_word_embeddings: undefined,
        rope_scaling: undefined,
        position_embedding_base: undefined,
        context_window_size: 1024,
        prefill_chunk_size: -1,
      },
    }),
    URL_OF_CONFIG,
  );
  expect(config).toMatchObject({
    headDim: 64,
    kvHeads: 32,
    tiedEmbeddings: false,
    contextTokens: 1024,
    prefillChunkTokens: 1024,
    activeVocab: 128256,
    rope: { theta: 10000, scaling: null },
    eosTokenIds: [128001],
    sampling: { temperature: 1, topP: 1, repetitionPenalty: 1 },
  });
});

test.each<[string, { top?: Json; model?: Json }, EngineFailure]>([
  ["architecture", { top: { model_type: "gemma2" } }, unsupported("architecture", "gemma2")],
  ["quantization", { top: { quantization: "q4f16_0" } }, unsupported("quantization", "q4f16_0")],
  ["odd head", { model: { head_dim: 66 } }, unsupported("shape", "head dimension 66")],
  ["half an octet", { model: { head_dim: 68 } }, unsupported("shape", "head dimension 68")],
  [
    "odd vocabulary",
    { model: { vocab_size: 128258 }, top: { active_vocab_size: null } },
    unsupported("shape", "vocabulary of 128258, not a multiple of 4"),
  ],
  ["wide head", { model: { head_dim: 256 } }, unsupported("shape", "head dimension 256")],
  [
    "half a group",
    { model: { intermediate_size: 8208 } },
    unsupported("shape", "ffn size 8208, not a multiple of 32"),
  ],
  [
    "uneven heads",
    { model: { num_key_value_heads: 5 } },
    unsupported("shape", "32 heads on 5 KV heads"),
  ],
  [
    "parallel shards",
    { top: { tensor_parallel_shards: 2 } },
    unsupported("shape", "tensor_parallel_shards 2"),
  ],
  ["activation", { model: { hidden_act: "gelu" } }, unsupported("shape", "activation gelu")],
  [
    "biases that its architecture does not have",
    { model: { attention_bias: true } },
    unsupported("shape", "biases of queries, keys and values"),
  ],
  [
    "RoPE scaling",
    { model: { rope_scaling: { rope_type: "yarn" } } },
    unsupported("shape", "RoPE scaling yarn"),
  ],
])("unsupported: %s", (_, change, failure) => {
  expect(failureOfConfig(variant(change))).toEqual(failure);
});

function unsupported(what: "architecture" | "quantization" | "shape", found: string) {
  return { code: "model-unsupported" as const, what, found };
}

test.each<[string, { top?: Json; model?: Json }]>([
  ["model_type is missing", { top: { model_type: undefined } }],
  ["model_config is not an object", { top: { model_config: [] } }],
  ["model_config.num_hidden_layers is missing", { model: { num_hidden_layers: undefined } }],
  [
    "model_config.hidden_size is 20.5, not an integer from 1 to 65536",
    { model: { hidden_size: 20.5 } },
  ],
  [
    'model_config.rms_norm_eps is "small", not a number from 1e-12 to 0.1',
    { model: { rms_norm_eps: "small" } },
  ],
  [
    "model_config.hidden_size of 2048 does not divide into 30 heads",
    { model: { num_attention_heads: 30, head_dim: 0 } },
  ],
  ["active_vocab_size of 128257 exceeds vocab_size 128256", { top: { active_vocab_size: 128257 } }],
  ["eos_token_id lies outside the vocabulary of 128256", { top: { eos_token_id: 128256 } }],
  ["eos_token_id is not a list of integers from 0 to 1048576", { top: { eos_token_id: ["</s>"] } }],
  ["model_config.context_window_size is missing", unsetContext()],
  ["tokenizer_files lists no tokenizer.json", { top: { tokenizer_files: ["tokenizer.model"] } }],
  ["top_p is 1.5, not a number from 0 to 1", { top: { top_p: 1.5 } }],
  [
    "model_config.rope_scaling.factor is missing",
    { model: { rope_scaling: { rope_type: "llama3" } } },
  ],
])("invalid: %s", (detail, change) => {
  expect(failureOfConfig(variant(change))).toEqual({
    code: "model-invalid",
    url: URL_OF_CONFIG,
    detail,
  });
});

function unsetContext() {
  return { top: { context_window_size: -1 }, model: { context_window_size: undefined } };
}

test.each([null, 3, "text", []])("invalid: %j is no configuration", (json) => {
  expect(failureOfConfig(json)).toMatchObject({
    code: "model-invalid",
    detail: "the document is not an object",
  });
});

test("without groups, f16 rows may end anywhere a vector does", () => {
  const change = { top: { quantization: "q0f16" }, model: { intermediate_size: 8216 } };
  expect(parseChatConfig(variant(change), URL_OF_CONFIG).config.ffn).toBe(8216);
});
