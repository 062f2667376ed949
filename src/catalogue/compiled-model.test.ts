import { expect, test } from "vitest";
import webLlmModels from "virtual:webllm-models";
import { catalogueOf } from "./catalogue.ts";
import { compiledModelIn } from "./compiled-model.ts";

const ENTRIES = catalogueOf(webLlmModels);
const HUB = "https://huggingface.co/mlc-ai/";

test("a model whose architecture is not ours comes with its library, however its address is spelled", () => {
  const gemma = {
    id: "gemma-2-2b-it-q4f16_1-MLC",
    libraryUrl: expect.stringMatching(
      /^https:\/\/raw\.githubusercontent\.com\/mlc-ai\/.*\/gemma-2-2b-it-q4f16_1[\w-]*\.wasm$/,
    ) as unknown,
    contextTokens: 4096,
    requiredFeatures: ["shader-f16"],
  };
  for (const spelling of ["", "/", "/resolve/main/"])
    expect(compiledModelIn(ENTRIES, `${HUB}gemma-2-2b-it-q4f16_1-MLC${spelling}`)).toMatchObject(
      gemma,
    );
});

test("what WebLLM's list says besides goes along", () => {
  expect(compiledModelIn(ENTRIES, `${HUB}Qwen3.5-0.8B-q4f16_1-MLC`)).toMatchObject({
    historySteps: 1,
  });
  expect(compiledModelIn(ENTRIES, `${HUB}gemma-4-E2B-it-q4f16_1-MLC`)).toMatchObject({
    manifest: "mlc-model-manifest.json",
  });
});

test("a model of ours has none, and neither has one that nobody knows", () => {
  expect(compiledModelIn(ENTRIES, `${HUB}Qwen3-0.6B-q4f16_1-MLC`)).toBeUndefined();
  expect(compiledModelIn(ENTRIES, `${HUB}none`)).toBeUndefined();
  expect(
    compiledModelIn(ENTRIES, "https://elsewhere.test/gemma-2-2b-it-q4f16_1-MLC"),
  ).toBeUndefined();
});

test("every model that WebLLM is to run has a library", () => {
  const variants = ENTRIES.flatMap((entry) => entry.variants).filter(
    ({ engine }) => engine === "webllm",
  );
  expect(variants.length).toBeGreaterThan(20);
  const libraries = variants.map(({ url }) => compiledModelIn(ENTRIES, url)?.libraryUrl);
  expect(libraries).not.toContain(undefined);
});
