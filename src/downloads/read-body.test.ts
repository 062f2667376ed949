import { expect, test } from "vitest";
import { failureOf } from "../model/sources/load-model-testing.ts";
import { readShard } from "./read-body.ts";

test("no memory is taken for a shard on the index's word alone", async () => {
  const shard = { url: "https://models.test/0.bin", nbytes: 2 ** 31, md5: "", tensors: [] };
  const { signal } = new AbortController();
  const before = process.memoryUsage().arrayBuffers;
  const reading = readShard(new Response(new Uint8Array(1000)), shard, {
    onBytes: () => undefined,
    signal,
  });
  expect(await failureOf(reading)).toMatchObject({ code: "model-truncated", foundBytes: 1000 });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
});
