import { expect, test } from "vitest";
import { failureOf, SHARD_0, useModelServer } from "../load-model-testing.ts";

const setup = useModelServer();

test("where more weights are to come than was agreed to, nothing but the index is fetched", async () => {
  const downloadBytes = setup.weightBytes();
  const load = setup.load({ maxDownloadBytes: downloadBytes - 1 });
  const url = setup.server.url;
  expect(await failureOf(load)).toEqual({ code: "download-not-agreed", url, downloadBytes });
  expect(setup.server.requests).toEqual(["mlc-chat-config.json", "tensor-cache.json"]);
});

test("what was agreed to is fetched", async () => {
  const loaded = await setup.load({ maxDownloadBytes: setup.weightBytes() });
  expect(loaded.networkBytes).toBe(setup.weightBytes());
});

test("what the cache has needs no consent, and only what it lacks is counted", async () => {
  await setup.load();
  expect((await setup.load({ maxDownloadBytes: 0 })).networkBytes).toBe(0);
  await setup.cache.delete({ cache: "webllm/model", url: setup.server.url + SHARD_0 });
  expect(await failureOf(setup.load({ maxDownloadBytes: 0 }))).toMatchObject({
    code: "download-not-agreed",
    downloadBytes: setup.fileBytes(SHARD_0).length,
  });
});
