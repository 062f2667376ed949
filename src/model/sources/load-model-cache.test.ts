import { expect, test } from "vitest";
import { cacheStorage } from "../../downloads/file-cache.ts";
import { generateModel } from "../generate/generate-model.ts";
import {
  ALL_FILES,
  SHARD_0,
  SHARD_1,
  damaged,
  failureOf,
  useModelServer,
} from "./load-model-testing.ts";

const setup = useModelServer();

test("a second load asks the network for nothing", async () => {
  const first = await setup.load();
  expect(setup.cache.names()).toEqual(ALL_FILES);
  setup.server.requests.length = 0;
  const second = await setup.load();
  expect(setup.server.requests).toEqual([]);
  expect(second).toEqual({ ...first, networkBytes: 0 });
});

test("files go to WebLLM's caches under their full URL", async () => {
  await setup.load();
  expect([...setup.cache.files.keys()]).toContain(
    `webllm/config ${setup.server.url}mlc-chat-config.json`,
  );
  expect([...setup.cache.files.keys()]).toContain(
    `webllm/model ${setup.server.url}tensor-cache.json`,
  );
  expect([...setup.cache.files.keys()]).toContain(`webllm/model ${setup.server.url}tokenizer.json`);
  expect([...setup.cache.files.keys()]).toContain(`webllm/model ${setup.server.url}${SHARD_0}`);
});

test("an older repository's ndarray-cache.json does as well, also from the cache", async () => {
  const files = new Map(setup.model.files);
  files.delete("tensor-cache.json");
  files.set("ndarray-cache.json", setup.fileBytes("tensor-cache.json"));
  await setup.serve(files);
  await setup.load();
  setup.server.requests.length = 0;
  expect((await setup.load()).networkBytes).toBe(0);
  expect(setup.server.requests).toEqual([]);
});

test.each([
  ["a byte", damaged],
  ["its end", (bytes: Uint8Array) => new Uint8Array(bytes.subarray(0, 100))],
])("a cached shard that lost %s is fetched once more", async (_, change) => {
  await setup.load();
  setup.cache.spoil(SHARD_1, change);
  setup.server.requests.length = 0;
  const { networkBytes } = await setup.load();
  expect(setup.server.requests).toEqual([SHARD_1]);
  expect(networkBytes).toBe(setup.fileBytes(SHARD_1).length);
  expect((await setup.load()).networkBytes).toBe(0);
});

test("a cached shard that is damaged, and so is the server's: one attempt, then the failure", async () => {
  await setup.load();
  setup.cache.spoil(SHARD_1, damaged);
  setup.server.faults.set(SHARD_1, (response, bytes) => response.end(damaged(bytes)));
  setup.server.requests.length = 0;
  expect(await failureOf(setup.load())).toMatchObject({ code: "model-checksum" });
  expect(setup.server.requests).toEqual([SHARD_1]);
});

test.each(["mlc-chat-config.json", "tensor-cache.json", "tokenizer.json"])(
  "a cached %s that is damaged is fetched once more",
  async (name) => {
    await setup.load();
    setup.cache.spoil(name, () => new TextEncoder().encode("{"));
    setup.server.requests.length = 0;
    expect((await setup.load()).networkBytes).toBe(0);
    expect(setup.server.requests).toContain(name);
    setup.server.requests.length = 0;
    await setup.load();
    expect(setup.server.requests).toEqual([]);
  },
);

test("a download that was cut short goes on, under the index of today", async () => {
  setup.server.faults.set(SHARD_1, (response) => response.writeHead(500).end());
  await failureOf(setup.load());
  const newer = await generateModel({ quantization: "q0f32", seed: 2 });
  const { url } = setup.server;
  const files = new Map(newer.files);
  await setup.serve(files);
  // The cached files are moved to the new server's address: what is cached belongs to the model that was there before.
  for (const [key, bytes] of [...setup.cache.files])
    setup.cache.files.set(key.replace(url, setup.server.url), bytes);
  const loaded = await setup.load();
  expect(loaded.networkBytes).toBe(setup.weightBytes());
  expect((await setup.load()).networkBytes).toBe(0);
});

test("on a full disk the model loads, and leaves nothing behind", async () => {
  setup.cache.quotaBytes = setup.fileBytes(SHARD_0).length + 30_000;
  const loaded = await setup.load();
  expect(loaded.networkBytes).toBe(setup.weightBytes());
  expect(loaded.cacheFailure).toContain("QuotaExceededError");
  expect(setup.cache.names()).toEqual([]);
});

test("without Cache Storage the model loads from the network", async () => {
  expect("caches" in globalThis).toBe(false);
  const loaded = await setup.load({ cache: cacheStorage });
  expect(loaded.networkBytes).toBe(setup.weightBytes());
  expect(loaded.cacheFailure).toContain("caches");
});
