import { expect, test } from "vitest";
import { URL_OF_CONFIG, variant, type Json } from "./chat-config-testing.ts";
import { parseChatConfig } from "./chat-config.ts";

/** The fields of a published configuration that say what the model computes, in the place of Llama-3.2-1B's. */
function published(type: string, model: Json, top: Json = {}): Json {
  const unset = {
    tie_word_embeddings: undefined,
    position_embedding_base: undefined,
    rope_scaling: undefined,
    head_dim: undefined,
  };
  const { vocab_size, context_window_size } = model;
  return variant({
    top: { model_type: type, vocab_size, context_window_size, eos_token_id: 2, ...top },
    model: { ...unset, ...model },
  });
}

const SMOLLM2_135M = published("llama", {
  hidden_size: 576,
  intermediate_size: 1536,
  num_attention_heads: 9,
  num_hidden_layers: 30,
  rms_norm_eps: 1e-5,
  vocab_size: 49_152,
  tie_word_embeddings: true,
  position_embedding_base: 100_000,
  rope_scaling: null,
  context_window_size: 8192,
  num_key_value_heads: 3,
  head_dim: 64,
});

const TINYLLAMA_1B = published("llama", {
  hidden_size: 2048,
  intermediate_size: 5632,
  num_attention_heads: 32,
  num_hidden_layers: 22,
  rms_norm_eps: 1e-5,
  vocab_size: 32_000,
  position_embedding_base: 10_000,
  context_window_size: 2048,
  num_key_value_heads: 4,
  head_dim: 64,
});

const MISTRAL_7B: Json = {
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  rms_norm_eps: 1e-5,
  vocab_size: 32_000,
  position_embedding_base: 1_000_000,
  num_key_value_heads: 8,
  head_dim: 128,
  context_window_size: 32_768,
  sliding_window_size: -1,
  attention_sink_size: -1,
};

const QWEN25_05B: Json = {
  hidden_act: "silu",
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  vocab_size: 151_936,
  tie_word_embeddings: true,
  context_window_size: 32_768,
};

const QWEN3_06B: Json = {
  hidden_act: "silu",
  hidden_size: 1024,
  intermediate_size: 3072,
  attention_bias: false,
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  vocab_size: 151_936,
  tie_word_embeddings: true,
  context_window_size: 40_960,
  head_dim: 128,
};

const QWEN_STOPS = { active_vocab_size: 151_669, eos_token_id: [151_645, 151_643] };

const ROTATE = { step: "rotate", parts: ["query", "key"] };

const read = (json: Json) => parseChatConfig(json, URL_OF_CONFIG).config;

test("SmolLM2-135M-Instruct: nine heads on three, a tied head", () => {
  expect(read(SMOLLM2_135M)).toMatchObject({
    architecture: "llama",
    heads: 9,
    kvHeads: 3,
    headDim: 64,
    attention: { steps: [ROTATE], scoreWidth: 64 },
    tiedEmbeddings: true,
    rope: { theta: 100_000, scaling: null },
  });
});

test("TinyLlama-1.1B-Chat: a head of its own, which is what an unset field means", () => {
  expect(read(TINYLLAMA_1B)).toMatchObject({
    architecture: "llama",
    kvHeads: 4,
    tiedEmbeddings: false,
    contextTokens: 2048,
    eosTokenIds: [2],
  });
});

test("Mistral-7B-Instruct without a sliding window", () => {
  expect(read(published("mistral", MISTRAL_7B))).toMatchObject({
    architecture: "mistral",
    headDim: 128,
    attention: { steps: [ROTATE], scoreWidth: 128 },
    tiedEmbeddings: false,
    contextTokens: 32_768,
    rope: { theta: 1_000_000, scaling: null },
  });
});

test.each<[string, { model?: Json; top?: Json }, number]>([
  ["smaller than the context", { model: { sliding_window_size: 4096 } }, 4096],
  ["at the top", { top: { sliding_window_size: 4096 } }, 4096],
  [
    "instead of a context, as MLC writes it",
    { model: { sliding_window_size: 4096, context_window_size: -1 } },
    4096,
  ],
  ["larger than the context", { model: { sliding_window_size: 65_536 } }, 32_768],
  ["of 0, which is none", { model: { sliding_window_size: 0 } }, 32_768],
  ["that is null, which is none", { model: { sliding_window_size: null } }, 32_768],
])("a sliding window %s ends the context", (_, { model, top }, contextTokens) => {
  const json = published("mistral", { ...MISTRAL_7B, ...model }, top);
  expect(read(json)).toMatchObject({ contextTokens });
});

test("Qwen2.5-0.5B-Instruct: biases, heads as wide as hidden / heads, padding, two stop tokens", () => {
  expect(read(published("qwen2", QWEN25_05B, QWEN_STOPS))).toMatchObject({
    architecture: "qwen2",
    headDim: 64,
    attention: {
      steps: [{ step: "bias", parts: ["query", "key", "value"] }, ROTATE],
      scoreWidth: 64,
    },
    vocab: 151_936,
    activeVocab: 151_669,
    rmsNormEps: 1e-6,
    rope: { theta: 1_000_000, scaling: null },
    eosTokenIds: [151_645, 151_643],
  });
});

test("Qwen2's larger models have a head of their own", () => {
  const json = published("qwen2", { ...QWEN25_05B, tie_word_embeddings: false });
  expect(read(json).tiedEmbeddings).toBe(false);
});

test("Qwen3-0.6B: norms of heads, which are wider than hidden / heads", () => {
  expect(read(published("qwen3", QWEN3_06B, QWEN_STOPS))).toMatchObject({
    architecture: "qwen3",
    hidden: 1024,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    attention: { steps: [{ step: "norm", parts: ["query", "key"] }, ROTATE], scoreWidth: 128 },
    tiedEmbeddings: true,
  });
});
