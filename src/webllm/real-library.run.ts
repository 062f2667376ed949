import { expect, inject, test } from "vitest";
import { cacheStorage } from "../downloads/file-cache.ts";
import { WEBLLM_LIBRARIES } from "../protocol/webllm-libraries.ts";
import { createWebLlmEngine } from "./create-webllm-engine.ts";

/** Nothing is kept between two runs. */
const NO_HASHES = { get: () => Promise.resolve(undefined), keep: () => Promise.resolve() };

const MODEL = "https://huggingface.co/random/random/resolve/main/";

test("WebLLM loads the library and answers", { timeout: 600_000 }, async () => {
  const { origin, contextTokens } = inject("realLibrary");
  for (const name of await caches.keys()) await caches.delete(name);
  const engine = createWebLlmEngine({
    createEngine: async () => {
      const { MLCEngine } = await import("@mlc-ai/web-llm");
      return new MLCEngine({ logLevel: "INFO" });
    },
    fetch: (url, init) => {
      const isLibrary = url.startsWith(WEBLLM_LIBRARIES);
      return fetch(origin + (isLibrary ? "library.wasm" : url.slice(MODEL.length)), init);
    },
    cache: cacheStorage,
    hashes: NO_HASHES,
    describeAdapter: () => Promise.resolve("unknown"),
    watchDevices: () => undefined,
  });
  const libraryUrl = `${WEBLLM_LIBRARIES}random-webgpu.wasm`;
  const compiled = { id: "random", libraryUrl, contextTokens, gpuBytes: 1e9 };
  // What fails here fails the test, which prints it.
  expect(await engine.load({ url: MODEL, compiled })).toMatchObject({ ok: true });
  const messages = [{ role: "user", text: "Hello!" } as const];
  const sampling = { temperature: 0, maxTokens: 8 };
  const asked = { runId: "r", conversationId: "c", messages, sampling };
  const answered = await engine.generate(asked, () => undefined);
  expect(answered).toMatchObject({ ok: true, value: { generatedTokens: 8 } });
});
