import { expect, test } from "vitest";
import { inspectModel } from "./inspect-model.ts";
import { SHARD_0, answer, failureOf, useModelServer } from "./load-model-testing.ts";

const setup = useModelServer();

const inspect = () =>
  inspectModel(setup.server.url, { signal: new AbortController().signal, cache: setup.cache });

test("only the configuration and the index are read, and nothing is kept", async () => {
  expect(await inspect()).toEqual({
    url: setup.server.url,
    architecture: "llama",
    quantization: "q0f32",
    weightBytes: setup.weightBytes(),
    cachedBytes: 0,
  });
  expect(setup.server.requests).toEqual(["mlc-chat-config.json", "tensor-cache.json"]);
  expect(setup.cache.names()).toEqual([]);
});

test("what the cache has counts, and a model that is all there needs no network", async () => {
  await setup.load();
  setup.server.requests.length = 0;
  expect(await inspect()).toMatchObject({ cachedBytes: setup.weightBytes() });
  expect(setup.server.requests).toEqual([]);
  await setup.cache.delete({ cache: "webllm/model", url: setup.server.url + SHARD_0 });
  const cachedBytes = setup.weightBytes() - setup.fileBytes(SHARD_0).length;
  expect(await inspect()).toMatchObject({ cachedBytes });
});

test("what is wrong in the two files is said as when the model is loaded", async () => {
  setup.server.faults.set("tensor-cache.json", answer('{"records": []}'));
  expect(await failureOf(inspect())).toEqual(await failureOf(setup.load()));
});
