import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import {
  PAGE,
  SHARD_0,
  SHARD_1,
  answer,
  damaged,
  failureOf,
  useModelServer,
} from "./load-model-testing.ts";
import type { LoadedTensor } from "./source.ts";
import { MAX_FILE_BYTES } from "./mlc/mlc-limits.ts";
import type { Fault } from "../../downloads/model-server-testing.ts";
import { realTiming } from "../../downloads/retry.ts";

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
  const failure = await failureOf(
    setup.load({ onTensor: ({ weight }) => void tensors.push(weight) }),
  );
  expect(failure).toEqual({
    code: "model-truncated",
    url: setup.server.url + SHARD_1,
    expectedBytes: setup.fileBytes(SHARD_1).length,
    foundBytes: 1000,
  });
  expect(tensors).toContain("embedding");
  expect(tensors).not.toContain("finalNorm");
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
  const qwen = setup.textOf("mlc-chat-config.json").replace('"llama"', '"gemma2"');
  setup.server.faults.set("mlc-chat-config.json", answer(qwen));
  expect(await failureOf(setup.load())).toEqual({
    code: "model-unsupported",
    what: "architecture",
    found: "gemma2",
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

test("a server that has a moment's trouble is asked again, and the model loads", async () => {
  let troubles = 0;
  for (const name of ["mlc-chat-config.json", SHARD_0])
    setup.server.faults.set(name, (response, bytes) => {
      setup.server.faults.delete(name);
      troubles++;
      if (name === SHARD_0) response.write(bytes.subarray(0, 1000), () => response.destroy());
      else response.writeHead(503, { "retry-after": "7" }).end();
    });
  const { networkBytes } = await setup.load();
  expect(networkBytes).toBe(setup.weightBytes());
  expect(troubles).toBe(2);
  expect(setup.timing.waitsMs).toEqual([7000, 250]);
});

test("a server that has more trouble is asked three times", async () => {
  setup.server.faults.set(SHARD_0, (response) => response.writeHead(502).end());
  expect(await failureOf(setup.load())).toMatchObject({ code: "model-http-error", status: 502 });
  expect(setup.server.requests.filter((name) => name === SHARD_0)).toHaveLength(3);
  expect(setup.timing.waitsMs).toEqual([250, 1000]);
});

test("nobody waits for a load that is stopped", async () => {
  const abort = new AbortController();
  setup.server.faults.set("mlc-chat-config.json", (response) => {
    response.writeHead(503, { "retry-after": "30" }).end();
    setTimeout(() => abort.abort());
  });
  const stopped = setup.load({ signal: abort.signal, timing: realTiming });
  expect(await failureOf(stopped)).toEqual({ code: "cancelled" });
  expect(setup.server.requests).toEqual(["mlc-chat-config.json"]);
});

test.each([400, 401, 403, 410, 418])(
  "status %i is an answer: nobody asks again",
  async (status) => {
    setup.server.faults.set("tokenizer.json", (response) => response.writeHead(status).end());
    const url = `${setup.server.url}tokenizer.json`;
    expect(await failureOf(setup.load())).toEqual({ code: "model-http-error", url, status });
    expect(setup.timing.waitsMs).toEqual([]);
  },
);

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 9\n`;

test.each(["mlc-chat-config.json", "tensor-cache.json", "tokenizer.json", SHARD_0])(
  "a Git LFS pointer in place of %s is called so, and a cached one is fetched anew",
  async (name) => {
    setup.server.faults.set(name, answer(LFS_POINTER));
    const url = setup.server.url + name;
    expect(await failureOf(setup.load())).toEqual({ code: "model-lfs-pointer", url });
    setup.server.faults.clear();
    await setup.load();
    setup.cache.spoil(name, () => new TextEncoder().encode(LFS_POINTER));
    await setup.load();
  },
);

const LIMITS: [string, number][] = [
  ["mlc-chat-config.json", MAX_FILE_BYTES.config],
  ["tensor-cache.json", MAX_FILE_BYTES.index],
  ["tokenizer.json", MAX_FILE_BYTES.tokenizer],
  ["tokenizer_config.json", MAX_FILE_BYTES.tokenizerConfig],
];

test.each(LIMITS)("a %s that says it is larger than it may be is not read", async (name, limit) => {
  setup.server.faults.set(name, (response) => {
    response.writeHead(200, { "content-length": limit + 1 }).flushHeaders();
  });
  const url = setup.server.url + name;
  expect(await failureOf(setup.load())).toEqual({
    code: "model-file-too-large",
    url,
    limitBytes: limit,
  });
});

test.each(LIMITS)("a %s without an end is read up to its limit", async (name, limit) => {
  let sent = 0;
  let isClosed = false;
  const piece = new Uint8Array(256 * 1024).fill(0x20);
  setup.server.faults.set(name, (response) => {
    response.on("close", () => (isClosed = true));
    const more = (): void => {
      if (response.destroyed) return;
      sent += piece.length;
      response.write(piece, more);
    };
    more();
  });
  expect(await failureOf(setup.load())).toMatchObject({ code: "model-file-too-large" });
  await vi.waitFor(() => expect(isClosed).toBe(true));
  // Bytes that are still in the buffers of both ends come on top of the limit.
  expect(sent).toBeLessThan(limit + 16 * 2 ** 20);
});

test("a cached copy that is larger than it may be is fetched anew", async () => {
  await setup.load();
  setup.cache.spoil("tokenizer_config.json", () =>
    new Uint8Array(MAX_FILE_BYTES.tokenizerConfig + 1).fill(0x20),
  );
  setup.server.requests.length = 0;
  await setup.load();
  expect(setup.server.requests).toEqual(["tokenizer_config.json"]);
});

test.each([301, 302, 303, 307, 308])("a redirection (%i) is not followed", async (status) => {
  const location = `${setup.server.url}elsewhere.json`;
  setup.server.faults.set("tokenizer.json", (response) =>
    response.writeHead(status, { location }).end(),
  );
  const url = `${setup.server.url}tokenizer.json`;
  expect(await failureOf(setup.load())).toEqual({ code: "model-redirected", url });
  expect(setup.server.requests).not.toContain("elsewhere.json");
});
