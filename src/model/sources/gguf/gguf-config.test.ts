import { describe, expect, test } from "vitest";
import { failureOf } from "../load-model-testing.ts";
import { loadLocal, localFile } from "./gguf-testing.ts";
import { tinyModel, type TinySpec } from "./tiny-model-testing.ts";
import { writeGguf, type WrittenTensor, type WrittenValue } from "./write-gguf-testing.ts";

interface Change {
  spec?: TinySpec;
  metadata?: Record<string, WrittenValue>;
  /** Added behind the others. */
  tensors?: WrittenTensor[];
  /** The name of a tensor that is left out. */
  without?: string;
}

/** Loads a tiny model that is changed in some way. */
function load({ spec, metadata, tensors = [], without }: Change = {}) {
  const model = tinyModel(spec);
  const file = writeGguf({
    metadata: { ...model.metadata, ...metadata },
    tensors: [...model.tensors.filter(({ name }) => name !== without), ...tensors],
  });
  return loadLocal([localFile("tiny.gguf", file)]);
}

const vector = (name: string, size: number, bytes?: Uint8Array): WrittenTensor => ({
  name,
  type: "F32",
  shape: [size],
  ...(bytes && { bytes }),
});

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

test("a configuration is what metadata and tensors say", async () => {
  const { config, quantization, name } = await load();
  expect({ quantization, name }).toEqual({ quantization: "Q8_0", name: "tiny" });
  expect(config).toMatchObject({
    architecture: "llama",
    layers: 2,
    hidden: 64,
    ffn: 96,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    vocab: 32,
    activeVocab: 32,
    contextTokens: 512,
    prefillChunkTokens: 512,
    rope: { theta: 10_000, scaling: null },
    tiedEmbeddings: true,
    eosTokenIds: [31],
    sampling: { temperature: 0.7, topP: 0.95, repetitionPenalty: 1 },
  });
  expect(config.rmsNormEps).toBeCloseTo(1e-5, 10);
});

test.each(["qwen2", "qwen3"])("%s has weights of its own", async (architecture) => {
  const { config, weights, tensors } = await load({ spec: { architecture } });
  expect(config.architecture).toBe(architecture);
  const roles = new Set(weights.map(({ role }) => role));
  expect(roles.has("qkvBias")).toBe(architecture === "qwen2");
  expect(roles.has("queryNorm") && roles.has("keyNorm")).toBe(architecture === "qwen3");
  // Only llama's files have rows in pairs.
  expect(tensors.every((one) => one.part === "blocks" && !one.interleavedHeadDim)).toBe(true);
});

test("a head of its own", async () => {
  expect((await load({ spec: { tied: false } })).config.tiedEmbeddings).toBe(false);
});

test("a window ends the context, and sampling is taken from the file", async () => {
  const { config } = await load({
    metadata: {
      "llama.attention.sliding_window": 128,
      "general.sampling.temp": 0.25,
      "general.sampling.top_p": 0.5,
      "general.sampling.penalty_repeat": 1.5,
    },
  });
  expect(config).toMatchObject({ contextTokens: 128, prefillChunkTokens: 128 });
  expect(config.sampling).toEqual({ temperature: 0.25, topP: 0.5, repetitionPenalty: 1.5 });
});

describe("the vocabulary", () => {
  test("is made longer by rows of zeros, where it is no multiple of 4", async () => {
    const { config, tensors, weights } = await load({ spec: { vocab: 30 } });
    expect(config).toMatchObject({ vocab: 32, activeVocab: 30 });
    expect(weights[0]?.shape).toEqual([32, 64]);
    const last = tensors.filter(({ weight }) => weight === "embedding").at(-1);
    expect(last).toMatchObject({ firstRow: 30, shape: [2, 64], type: "Q8_0" });
    expect(last?.bytes.every((byte) => byte === 0)).toBe(true);
  });

  test("has padding where the last tokens are unused", async () => {
    const types = Array.from({ length: 32 }, (_, id) => (id === 7 || id > 27 ? 5 : 1));
    const metadata = {
      "tokenizer.ggml.token_type": types,
      "tokenizer.ggml.eos_token_id": 20,
    };
    const { config } = await load({ metadata });
    expect(config).toMatchObject({ vocab: 32, activeVocab: 28, eosTokenIds: [20] });
  });

  test("has more tokens that end a reply, if they are control tokens", async () => {
    const tokens = Array.from({ length: 32 }, (_, id) => `t${id}`);
    const types = tokens.map(() => 1);
    [tokens[3], tokens[4], types[3]] = ["<|im_end|>", "</s>", 3];
    const { config } = await load({
      metadata: {
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": [],
        "tokenizer.ggml.eot_token_id": 9,
      },
    });
    expect(config.eosTokenIds).toEqual([31, 9, 3]);
  });
});

describe("RoPE", () => {
  test("is divided by the factors of the file", async () => {
    const factors = vector("rope_freqs.weight", 8, floats(1, 1, 1, 1, 2, 4, 8, 8));
    const { config, tensors } = await load({ tensors: [factors] });
    expect(config.rope.scaling).toEqual({ type: "factors", factors: [1, 1, 1, 1, 2, 4, 8, 8] });
    expect(tensors.some(({ weight }) => weight.includes("rope"))).toBe(false);
  });

  test("may be scaled linearly", async () => {
    const metadata = { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2.5 };
    const { config } = await load({ metadata });
    const factors = new Array<number>(8).fill(2.5);
    expect(config.rope.scaling).toEqual({ type: "factors", factors });
  });

  test.each<[string, WrittenTensor]>([
    ["tensor-values", vector("rope_freqs.weight", 8, floats(1, 1, 1, 1, 2, 4, 8, NaN))],
    ["tensor-values", vector("rope_freqs.weight", 8, floats(1, 1, 1, 1, 2, 4, 8, 0))],
    ["tensor-shape", { name: "rope_freqs.weight", type: "Q8_0", shape: [32] }],
    ["tensor-shape", vector("rope_freqs.weight", 7)],
  ])("has no factors that are %s", async (fault, tensor) => {
    expect(await failureOf(load({ tensors: [tensor] }))).toMatchObject({ fault });
  });
});

describe("what is not computed here is refused", () => {
  test.each<[string, Record<string, WrittenValue>]>([
    ["yarn", { "llama.rope.scaling.type": "yarn" }],
    ["RoPE of 8", { "llama.rope.dimension_count": 8 }],
    ["values of 8", { "llama.attention.value_length": 8 }],
    ["expert_count of 8", { "llama.expert_count": 8 }],
    ["attn_logit_softcapping", { "llama.attn_logit_softcapping": 50.5 }],
    ["later tokens", { "llama.attention.causal": false }],
    ["gemma", { "general.architecture": "gemma" }],
  ])("%s", async (words, metadata) => {
    const failure = await failureOf(load({ metadata }));
    expect(failure).toMatchObject({ code: "model-unsupported" });
    expect(failure).toHaveProperty("found", expect.stringContaining(words));
  });

  test("a type of tensors", async () => {
    const { metadata, tensors } = tinyModel();
    const bytes = writeGguf({ metadata, tensors });
    // The type stands behind the name, the number of dimensions and two of these.
    const name = "blk.0.attn_q.weight";
    const at = Buffer.from(bytes).indexOf(name) + name.length + 4 + 16;
    bytes[at] = 23;
    const failure = await failureOf(loadLocal([localFile("a.gguf", bytes)]));
    expect(failure).toEqual({ code: "model-unsupported", what: "quantization", found: "IQ4_XS" });
  });
});

describe("exactly the tensors of the architecture are wanted", () => {
  test.each<[string, Change]>([
    ["tensor-missing", { without: "blk.1.ffn_up.weight" }],
    ["tensor-missing", { without: "token_embd.weight" }],
    ["tensor-missing", { spec: { architecture: "qwen2" }, without: "blk.0.attn_k.bias" }],
    ["tensor-missing", { metadata: { "llama.block_count": 1024 } }],
    ["tensor-unexpected", { tensors: [vector("blk.0.attn_q.bias", 64)] }],
    ["tensor-unexpected", { metadata: { "llama.block_count": 1 } }],
    ["tensor-shape", { metadata: { "llama.feed_forward_length": 64 } }],
    [
      "tensor-type",
      {
        without: "output_norm.weight",
        tensors: [{ name: "output_norm.weight", type: "Q8_0", shape: [64] }],
      },
    ],
    ["vocabulary-size", { metadata: { "tokenizer.ggml.tokens": ["a", "b"] } }],
    ["metadata-value", { metadata: { "tokenizer.ggml.token_type": [1, 1] } }],
    ["metadata-value", { metadata: { "llama.context_length": 0 } }],
    ["metadata-value", { metadata: { "general.sampling.temp": -0.5 } }],
  ])("%s: %j", async (fault, change) => {
    expect(await failureOf(load(change))).toMatchObject({ code: "model-invalid", fault });
  });
});
