import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  PAGE,
  SHARD_0,
  SHARD_1,
  answer,
  damaged,
  failureOf,
  useModelServer,
} from "./load-model-testing.ts";
import type { LoadedTensor } from "./load-model.ts";
import type { Fault } from "./model-server.ts";

const setup = useModelServer();

test("no index under either name: the failure names today's", async () => {
  for (const name of ["tensor-cache.json", "ndarray-cache.json"])
    setup.server.faults.set(name, (response) => response.writeHead(404).end());
  expect(await failureOf(setup.load())).toEqual({
    code: "model-http-error",
    url: `${setup.server.url}tensor-cache.json`,
    status: 404,
  });
});

test.each(["mlc-chat-config.json", "tokenizer.json", SHARD_1])("%s is missing", async (name) => {
  setup.server.faults.set(name, (response) => response.writeHead(404).end());
  expect(await failureOf(setup.load())).toEqual({
    code: "model-http-error",
    url: setup.server.url + name,
    status: 404,
  });
});

test("a server error is not taken for a missing file", async () => {
  setup.server.faults.set("tensor-cache.json", (response) => response.writeHead(503).end());
  expect(await failureOf(setup.load())).toMatchObject({ code: "model-http-error", status: 503 });
});

test("nobody listens", async () => {
  const { url } = setup.server;
  await setup.server.close();
  expect(await failureOf(setup.load({}, url))).toEqual({
    code: "model-unreachable",
    url: `${url}mlc-chat-config.json`,
  });
});

test.each<[string, Fault]>([
  ["ends early", (response, bytes) => response.end(bytes.subarray(0, 1000))],
  [
    "breaks off",
    (response, bytes) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
    },
  ],
])("a shard that %s is truncated, and not cached", async (_, fault) => {
  setup.server.faults.set(SHARD_1, fault);
  const tensors: string[] = [];
  const failure = await failureOf(setup.load({ onTensor: ({ name }) => void tensors.push(name) }));
  expect(failure).toEqual({
    code: "model-truncated",
    url: setup.server.url + SHARD_1,
    expectedBytes: setup.fileBytes(SHARD_1).length,
    foundBytes: 1000,
  });
  expect(tensors).toContain("model.embed_tokens.weight");
  expect(tensors).not.toContain("model.norm.weight");
  expect(setup.cache.names()).not.toContain(SHARD_1);
});

test("a shard that is too long is refused", async () => {
  const expectedBytes = setup.fileBytes(SHARD_0).length;
  setup.server.faults.set(SHARD_0, (response, bytes) =>
    response.end(Buffer.concat([bytes, Buffer.alloc(5)])),
  );
  const failure = await failureOf(setup.load());
  expect(failure).toMatchObject({ code: "model-truncated", expectedBytes });
  expect(failure.code === "model-truncated" && failure.foundBytes > expectedBytes).toBe(true);
});

test("a shard with another byte fails its checksum, and is not cached", async () => {
  setup.server.faults.set(SHARD_0, (response, bytes) => response.end(damaged(bytes)));
  const tensors: LoadedTensor[] = [];
  const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
  expect(await failureOf(setup.load({ onTensor: (each) => void tensors.push(each) }))).toEqual({
    code: "model-checksum",
    url: setup.server.url + SHARD_0,
    expected: md5(setup.fileBytes(SHARD_0)),
    found: md5(damaged(setup.fileBytes(SHARD_0))),
  });
  expect(tensors).toEqual([]);
  expect(setup.cache.names()).not.toContain(SHARD_0);
});

test.each(["mlc-chat-config.json", "tokenizer.json"])("a page instead of %s", async (name) => {
  setup.server.faults.set(name, answer(PAGE));
  expect(await failureOf(setup.load())).toEqual({
    code: "model-invalid",
    url: setup.server.url + name,
    detail: "an HTML page came instead of JSON",
  });
  expect(setup.cache.names()).not.toContain(name);
});

test("JSON that breaks off is invalid, and not cached", async () => {
  setup.server.faults.set("tensor-cache.json", (response, bytes) =>
    response.end(bytes.subarray(0, bytes.length >> 1)),
  );
  expect(await failureOf(setup.load())).toMatchObject({
    code: "model-invalid",
    url: `${setup.server.url}tensor-cache.json`,
  });
  expect(setup.cache.names()).not.toContain("tensor-cache.json");
});

test("an unsupported model is refused before anything but its configuration is fetched", async () => {
  const qwen = setup.textOf("mlc-chat-config.json").replace('"llama"', '"qwen2"');
  setup.server.faults.set("mlc-chat-config.json", answer(qwen));
  expect(await failureOf(setup.load())).toEqual({
    code: "model-unsupported",
    what: "architecture",
    found: "qwen2",
  });
  expect(setup.server.requests).toEqual(["mlc-chat-config.json"]);
});

test("an index without a tensor is refused before any shard is fetched", async () => {
  const lacking = setup
    .textOf("tensor-cache.json")
    .replace("model.norm.weight", "model.gone.weight");
  setup.server.faults.set("tensor-cache.json", answer(lacking));
  expect(await failureOf(setup.load())).toMatchObject({
    code: "model-invalid",
    detail: "tensor model.norm.weight is missing",
  });
  expect(setup.server.requests.filter((name) => name.endsWith(".bin"))).toEqual([]);
});

test("an abort in mid-shard is a cancellation", async () => {
  const abort = new AbortController();
  setup.server.faults.set(SHARD_1, (response, bytes) => {
    response.write(bytes.subarray(0, 1000), () => abort.abort());
  });
  expect(await failureOf(setup.load({ signal: abort.signal }))).toEqual({ code: "cancelled" });
  expect(setup.cache.names()).not.toContain(SHARD_1);
});

test("an abort between two tensors is a cancellation, also when all is cached", async () => {
  await setup.load();
  const abort = new AbortController();
  let tensors = 0;
  const onTensor = () => {
    if (++tensors === 2) abort.abort();
  };
  expect(await failureOf(setup.load({ signal: abort.signal, onTensor }))).toEqual({
    code: "cancelled",
  });
  expect(tensors).toBe(2);
});

test("an abort before the start is a cancellation", async () => {
  const signal = AbortSignal.abort();
  expect(await failureOf(setup.load({ signal }))).toEqual({ code: "cancelled" });
});

test("an index that asks for more memory than there is fails as such", async () => {
  const nbytes = 2 ** 52;
  const huge = setup
    .textOf("tensor-cache.json")
    .replace(/"nbytes": \d+,(?=\s*"records")/, `"nbytes": ${nbytes},`);
  setup.server.faults.set("tensor-cache.json", answer(huge));
  expect(await failureOf(setup.load())).toEqual({ code: "out-of-memory", neededBytes: nbytes });
});
