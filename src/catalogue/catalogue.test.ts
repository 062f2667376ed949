import { expect, test } from "vitest";
import webLlmModels from "virtual:webllm-models";
import { BASE_MODELS, baseModelOf } from "./base-model.ts";
import {
  bufferBytes,
  catalogueOf,
  longestContext,
  memoryBytes,
  neededFeatures,
  type CatalogueEntry,
} from "./catalogue.ts";
import { GGUF_MODELS } from "./gguf-models.ts";
import { weightBytes } from "./model-memory.ts";
import { namesIn } from "./webllm-model.ts";
import { weightFormat } from "./weight-formats.ts";

const CATALOGUE = catalogueOf(webLlmModels);

function entryOf(id: string): CatalogueEntry {
  const entry = CATALOGUE.find(({ model }) => model.id === id);
  if (!entry) throw new Error(`there is no ${id}`);
  return entry;
}

test("WebLLM lists 165 models, and all of their bases and formats are known", () => {
  expect(webLlmModels).toHaveLength(165);
  const names = webLlmModels.map(({ repository }) => namesIn(repository));
  expect(names.filter(({ base }) => !baseModelOf(base))).toEqual([]);
  expect(names.filter(({ format }) => !weightFormat(format))).toEqual([]);
});

test("a base model is named once, has a source, and something can be had of it", () => {
  const ids = BASE_MODELS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { shape } of BASE_MODELS)
    expect(shape.source).toMatch(/^https:\/\/huggingface\.co\/[\w.-]+\/[\w.-]+\/blob\/main\//);
  const chatting = BASE_MODELS.filter(({ goodFor }) => !goodFor.includes("embedding"));
  expect(CATALOGUE.map(({ model }) => model.id)).toEqual(chatting.map(({ id }) => id));
});

test("a repository is in it once, whatever its contexts, and 4 bits come first", () => {
  const { variants } = entryOf("Llama-3.1-8B-Instruct");
  expect(variants.map(({ format }) => format)).toEqual(["q4f16_1", "q4f32_1"]);
  expect(variants[0]).toMatchObject({
    url: "https://huggingface.co/mlc-ai/Llama-3.1-8B-Instruct-q4f16_1-MLC/resolve/main/",
    engine: "rekindle",
    webLlm: { contextTokens: 4096 },
  });
  const urls = CATALOGUE.flatMap(({ variants: all }) => all.map(({ url }) => url));
  expect(new Set(urls).size).toBe(urls.length);
});

test("files of GGUF are offered after MLC's formats of 4 bits, and run here", () => {
  const { variants } = entryOf("Llama-3.2-1B-Instruct");
  expect(variants.map(({ format }) => format)).toEqual([
    "q4f16_1",
    "q4f32_1",
    "Q4_K_M",
    "q0f16",
    "q0f32",
  ]);
  for (const { base, format, file } of GGUF_MODELS) {
    expect(entryOf(base).variants).toContainEqual(
      expect.objectContaining({ format, engine: "rekindle" }),
    );
    expect(weightFormat(format)?.ownBits).toBeDefined();
    expect(file).toMatch(/\.gguf$/);
  }
});

test("the size of a file fits its weights and its format", () => {
  for (const { base, format, fileBytes } of GGUF_MODELS) {
    const model = baseModelOf(base);
    const variant = entryOf(base).variants.find((found) => found.format === format);
    if (!model || !variant) throw new Error(`there is no ${base}`);
    const bytes = memoryBytes(model, variant, 0) ?? 0;
    expect(bytes / fileBytes).toBeGreaterThan(1);
    expect(bytes / fileBytes).toBeLessThan(1.25);
    // Files have no fewer bits than most of their weights have, and not much more.
    const ofShape = weightBytes(model.shape, weightFormat(format)?.fileBits ?? 0) ?? 0;
    expect(fileBytes / ofShape).toBeGreaterThan(0.95);
    expect(fileBytes / ofShape).toBeLessThan(1.25);
  }
});

test("memory is weights and K and V here, and in WebLLM what it counts itself", () => {
  const { model, variants } = entryOf("Llama-3.2-1B-Instruct");
  const [own] = variants;
  const at = (tokens: number) => memoryBytes(model, own, tokens) ?? 0;
  expect(at(4096) / 2 ** 20).toBeCloseTo(791, 0);
  expect(at(4096) - at(1024)).toBe(3072 * 32 * 1024);

  const gemma = entryOf("gemma-2-2b-it");
  const [webLlm] = gemma.variants;
  expect(webLlm.engine).toBe("webllm");
  expect((memoryBytes(gemma.model, webLlm, 4096) ?? 0) / 2 ** 20).toBeCloseTo(1895.3, 1);
  // WebLLM has an entry for a context of 1,024 tokens, too.
  expect((memoryBytes(gemma.model, webLlm, 1024) ?? 0) / 2 ** 20).toBeCloseTo(1583.3, 1);
});

test("where a shape is not known, WebLLM's count is all there is", () => {
  const { model, variants } = entryOf("Qwen3.5-4B");
  const [variant] = variants;
  expect(variant.downloadBytes).toBeUndefined();
  expect(bufferBytes(model, variant, 4096)).toBeUndefined();
  expect(memoryBytes(model, variant, 4096)).toBe(3867.82 * 2 ** 20);
});

test("buffers are those that WebLLM states, or computed", () => {
  const gemma = entryOf("gemma-2b-it");
  expect(bufferBytes(gemma.model, gemma.variants[0], 4096)).toBe(262_144_000);
  const qwen = entryOf("Qwen2.5-0.5B-Instruct");
  expect(bufferBytes(qwen.model, qwen.variants[0], 4096)).toBe(76_575_744);
});

test("only libraries of WebLLM that compute in f16 need its feature", () => {
  const features = (id: string, format: string) => {
    const variant = entryOf(id).variants.find((found) => found.format === format);
    return variant && neededFeatures(variant);
  };
  expect(features("Phi-3.5-mini-instruct", "q4f16_1")).toEqual(["shader-f16"]);
  expect(features("Phi-3.5-mini-instruct", "q4f32_1")).toEqual([]);
  expect(features("SmolLM2-360M-Instruct", "q4f16_1")).toEqual([]);
});

test("the context ends where the model's or the engine's does", () => {
  expect(longestContext(entryOf("TinyLlama-1.1B-Chat-v1.0").model)).toBe(2048);
  expect(longestContext(entryOf("Qwen3-0.6B").model)).toBe(4096);
  expect(longestContext(entryOf("gemma-4-E2B-it").model)).toBe(4096);
});
