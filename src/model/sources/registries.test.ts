/** @file An architecture and a source are added by registering them: nothing that is shipped knows these. */

import { expect, test } from "vitest";
import { assert } from "../../shared/assert.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { QUANTIZATIONS } from "../../protocol/runnable-models.ts";
import { generateModel } from "../generate/generate-model.ts";
import { fetchGenerated, NO_CACHE } from "../testing.ts";
import { failureOf } from "./load-model-testing.ts";
import { loadModel, type LoadModelOptions } from "./load-model.ts";
import { createMemorySource, MEMORY_ADDRESS } from "./memory-source-testing.ts";
import { createMlcSource } from "./mlc/mlc-source.ts";
import { EXTENDED_REGISTRY } from "./mlc/extended-registry-testing.ts";
import type { LoadedTensor } from "./source.ts";
import { sourceOf, SOURCES } from "./sources.ts";

const DIRECTORY = "https://models.test/generated/";

/** Loads a model, and keeps a copy of every tensor. */
async function load(url: string, options: Omit<LoadModelOptions, "signal" | "cache" | "onTensor">) {
  const tensors: LoadedTensor[] = [];
  const loaded = await loadModel(url, {
    signal: new AbortController().signal,
    cache: NO_CACHE,
    onTensor: (tensor) => void tensors.push({ ...tensor, bytes: tensor.bytes.slice() }),
    ...options,
  });
  return { loaded, tensors };
}

test.each(QUANTIZATIONS)(
  "an architecture of its own is written and read in %s",
  async (quantization) => {
    const spec = { architecture: "with-norm", quantization };
    const { files, config, weights } = await generateModel(spec, EXTENDED_REGISTRY);
    const sources = [createMlcSource(EXTENDED_REGISTRY)];
    const { loaded, tensors } = await load(DIRECTORY, { sources, fetch: fetchGenerated(files) });
    expect(loaded.config).toEqual(config);
    expect(config.architecture).toBe("with-norm");
    expect(loaded.weights.map(({ key }) => key)).toEqual([...weights.keys()]);
    expect(new Set(tensors.map(({ weight }) => weight))).toEqual(new Set(weights.keys()));
    const norm = tensors.find(({ weight }) => weight === "layers.1.mlpOutputNorm");
    expect(norm).toMatchObject({ part: "values", firstRow: 0, shape: [config.hidden] });
    assert(norm?.part === "values" && norm.dtype !== "u32", "a norm is plain numbers");
    expect(decodeFloats(norm.bytes, norm.dtype)).toEqual(weights.get("layers.1.mlpOutputNorm"));
  },
);

test("without being registered it is unsupported", async () => {
  const { files } = await generateModel({ architecture: "with-norm" }, EXTENDED_REGISTRY);
  expect(await failureOf(load(DIRECTORY, { fetch: fetchGenerated(files) }))).toEqual({
    code: "model-unsupported",
    what: "architecture",
    found: "with-norm",
  });
});

test("an architecture whose names a source does not know is unsupported there", async () => {
  const { files } = await generateModel({ architecture: "renamed" }, EXTENDED_REGISTRY);
  const sources = [createMlcSource({ ...EXTENDED_REGISTRY, tensorNames: {} })];
  expect(await failureOf(load(DIRECTORY, { sources, fetch: fetchGenerated(files) }))).toEqual({
    code: "model-unsupported",
    what: "architecture",
    found: "renamed",
  });
});

test("a source of its own is loaded, without any request for a file", async () => {
  const { source, model } = await createMemorySource();
  const requests: string[] = [];
  const fetch = (url: string) => {
    requests.push(url);
    return Promise.resolve(new Response(null, { status: 404 }));
  };
  const progress: number[] = [];
  const { loaded, tensors } = await load(MEMORY_ADDRESS, {
    sources: [source, ...SOURCES],
    fetch,
    onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
  });
  expect(requests).toEqual([]);
  expect(loaded).toMatchObject({ url: MEMORY_ADDRESS, config: model.config, networkBytes: 0 });
  expect(tensors).toHaveLength(2 * model.weights.size);
  expect(progress.at(-1)).toBe(1);
});

test("the first source that knows an address reads it, and MLC's knows every other", async () => {
  const { source } = await createMemorySource();
  expect(sourceOf(MEMORY_ADDRESS, [source, ...SOURCES])).toBe(source);
  expect(sourceOf(DIRECTORY, [source, ...SOURCES])).toBe(SOURCES.at(-1));
  expect(await failureOf(Promise.resolve().then(() => sourceOf(DIRECTORY, [source])))).toEqual({
    code: "model-invalid",
    url: DIRECTORY,
    detail: "is no address of a model",
  });
});
