import { afterEach, beforeEach, expect, test } from "vitest";
import { loadModel, type LoadModelOptions } from "./load-model.ts";

const EMBEDDED = new URL("/models/pip-4.7m/mlc-q0f16/", location.origin).href;
const HUB = "https://huggingface.co/rekindle/pip-4.7m-q0f16-MLC";

/**
 * Our address of a model and WebLLM's record of the same directory. WebLLM takes every host for a hub, unless the path
 * says otherwise.
 */
const ADDRESSES = [
  { url: EMBEDDED, record: `${EMBEDDED}#/resolve/main/` },
  { url: HUB, record: HUB },
];

const CACHES = ["webllm/config", "webllm/model"];

const forget = async () => {
  for (const name of CACHES) await caches.delete(name);
};

// Tests that ran before on this page's origin may have left a model.
beforeEach(forget);
afterEach(forget);

/** Loads the model from this server, whatever address it is said to have. */
async function load(url: string) {
  const requests: string[] = [];
  const fetchHere: LoadModelOptions["fetch"] = (input, init) => {
    requests.push(input);
    return fetch(input.replace(`${HUB}/resolve/main/`, EMBEDDED), init);
  };
  let tensorBytes = 0;
  const loaded = await loadModel(url, {
    signal: new AbortController().signal,
    fetch: fetchHere,
    onTensor: ({ bytes }) => {
      tensorBytes += bytes.length;
    },
  });
  return { ...loaded, requests, tensorBytes };
}

async function cachedNames(): Promise<string[]> {
  const names: string[] = [];
  for (const cache of CACHES)
    for (const { url } of await (await caches.open(cache)).keys())
      names.push(url.slice(url.lastIndexOf("/") + 1));
  return names.sort();
}

test.each(ADDRESSES)("WebLLM finds and deletes the model of $url", async ({ url, record }) => {
  const webllm = await import("@mlc-ai/web-llm");
  const appConfig = {
    model_list: [{ model: record, model_id: "pip", model_lib: `${EMBEDDED}pip.wasm` }],
  };
  expect(await webllm.hasModelInCache("pip", appConfig)).toBe(false);

  const first = await load(url);
  expect(first.cacheFailure).toBeUndefined();
  expect(first.networkBytes).toBe(9_348_480);
  expect(first.tensorBytes).toBe(9_348_480);
  expect(await webllm.hasModelInCache("pip", appConfig)).toBe(true);

  const second = await load(url);
  expect(second.requests).toEqual([]);
  expect(second.networkBytes).toBe(0);
  expect(second.tensorBytes).toBe(9_348_480);
  expect(second.manifestHash).toBe(first.manifestHash);

  await webllm.deleteModelAllInfoInCache("pip", appConfig);
  expect(await webllm.hasModelInCache("pip", appConfig)).toBe(false);
  // WebLLM keeps the index of what it deletes, and it never had these two files.
  const ours = ["tokenizer_config.json", "transform-basis.bin"];
  expect(await cachedNames()).toEqual(["tensor-cache.json", ...ours]);

  const third = await load(url);
  expect(third.networkBytes).toBe(9_348_480);
});

test("a shard damaged in Cache Storage is fetched once more", async () => {
  await load(EMBEDDED);
  const shard = `${EMBEDDED}params_shard_0.bin`;
  const model = await caches.open("webllm/model");
  await model.put(shard, new Response(new Uint8Array(1000)));
  expect((await load(EMBEDDED)).requests).toEqual([shard]);
  expect((await load(EMBEDDED)).requests).toEqual([]);
});
