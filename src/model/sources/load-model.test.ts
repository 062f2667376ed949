import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { weightsOf } from "../architectures/architecture.ts";
import { LLAMA } from "../architectures/llama.ts";
import { parseConversationTemplate } from "./mlc/conversation-template.ts";
import { PAGE, SHARD_1, answer, useModelServer } from "./load-model-testing.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import { storedAs } from "../model-outline.ts";

const setup = useModelServer();

test("a model arrives tensor by tensor, in file order, with the bytes that were written", async () => {
  const tensors: string[] = [];
  let configs = 0;
  const loaded = await setup.load({
    onDescription: ({ config }) => {
      expect(config).toEqual(setup.model.config);
      expect(tensors).toEqual([]);
      configs++;
    },
    onTensor: (tensor) => {
      const { weight, firstRow, shape, bytes } = tensor;
      tensors.push(weight);
      expect(firstRow).toBe(0);
      expect(tensor).toMatchObject({ part: "values", dtype: "bf16" });
      const expected = setup.model.weights.get(weight) ?? new Float32Array();
      expect(shape.reduce((product, length) => product * length, 1)).toBe(expected.length);
      const found = decodeFloats(bytes, "bf16");
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(expected.buffer))).toBe(0);
    },
  });
  const chatConfig: unknown = JSON.parse(setup.textOf("mlc-chat-config.json"));
  expect(configs).toBe(1);
  expect(tensors).toEqual([...setup.model.weights.keys()]);
  expect(loaded).toEqual({
    url: setup.server.url,
    name: "pip",
    config: setup.model.config,
    weights: storedAs(weightsOf(LLAMA, setup.model.config), "bf16"),
    quantization: "q0f32",
    chatTemplate: parseConversationTemplate(chatConfig, setup.server.url),
    tokenizerJson: setup.textOf("tokenizer.json"),
    tokenizerConfigJson: setup.textOf("tokenizer_config.json"),
    transformBasis: undefined,
    weightBytes: setup.weightBytes(),
    networkBytes: setup.weightBytes(),
    manifestHash: createHash("sha256").update(setup.fileBytes("tensor-cache.json")).digest("hex"),
    cacheFailure: undefined,
  });
});

test("progress counts the bytes of all shards, up to the last", async () => {
  const seen: number[] = [];
  await setup.load({
    onProgress: ({ loadedBytes, totalBytes }) => {
      expect(totalBytes).toBe(setup.weightBytes());
      seen.push(loadedBytes);
    },
  });
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBe(setup.weightBytes());
});

test("one shard is fetched ahead, and no more", async () => {
  let asked = 0;
  await setup.load({
    onTensor: async ({ weight }) => {
      if (weight !== "embedding") return;
      await new Promise((resolve) => setTimeout(resolve, 50));
      asked = setup.server.requests.filter((request) => request.endsWith(".bin")).length;
    },
  });
  expect(asked).toBe(2);
});

test("each tensor is awaited before the next", async () => {
  let busy = false;
  await setup.load({
    onTensor: async () => {
      expect(busy).toBe(false);
      busy = true;
      await Promise.resolve();
      busy = false;
    },
  });
});

test("a server that answers the missing index with its page leads to the older name, too", async () => {
  const files = new Map(setup.model.files).set(
    "ndarray-cache.json",
    setup.fileBytes("tensor-cache.json"),
  );
  await setup.serve(files);
  setup.server.faults.set("tensor-cache.json", answer(PAGE));
  expect((await setup.load()).weightBytes).toBe(setup.weightBytes());
});

test("tokenizer_config.json may be missing, or not listed", async () => {
  setup.server.faults.set("tokenizer_config.json", (response) => response.writeHead(404).end());
  expect((await setup.load()).tokenizerConfigJson).toBeUndefined();
  setup.server.faults.delete("tokenizer_config.json");
  const listed = setup.textOf("mlc-chat-config.json").replace(/,\s*"tokenizer_config.json"/, "");
  setup.server.faults.set("mlc-chat-config.json", answer(listed));
  setup.cache.files.clear();
  expect((await setup.load()).tokenizerConfigJson).toBeUndefined();
});

test("what onTensor throws comes out as it is, and the download stops", async () => {
  let closed = false;
  setup.server.faults.set(SHARD_1, (response, bytes) => {
    response.write(bytes.subarray(0, 1000));
    response.on("close", () => (closed = true));
  });
  const bug = new Error("no such buffer");
  const onTensor = async () => {
    await expect.poll(() => setup.server.requests).toContain(SHARD_1);
    throw bug;
  };
  await expect(setup.load({ onTensor })).rejects.toBe(bug);
  await expect.poll(() => closed).toBe(true);
});

const BASIS = "transform-basis.bin";
const BASIS_BYTES = Uint8Array.of(1, 2, 3, 4);

/** The files of the model, with a configuration that names a basis and, if one is given, with the basis. */
function withBasis(basis?: Uint8Array): Map<string, Uint8Array> {
  const config = JSON.parse(setup.textOf("mlc-chat-config.json")) as object;
  const named = JSON.stringify({ ...config, kv_transform_basis: BASIS });
  const files = new Map(setup.model.files);
  files.set("mlc-chat-config.json", new TextEncoder().encode(named));
  return basis ? files.set(BASIS, basis) : files;
}

test("what the KV is transformed with comes along, and from the cache the next time", async () => {
  await setup.serve(withBasis(BASIS_BYTES));
  expect((await setup.load()).transformBasis).toEqual(BASIS_BYTES);
  const asked = setup.server.requests.length;
  expect((await setup.load()).transformBasis).toEqual(BASIS_BYTES);
  expect(setup.server.requests.slice(asked)).toEqual([]);
});

test("a model whose basis cannot be had loads without it", async () => {
  await setup.serve(withBasis());
  const loaded = await setup.load();
  expect(loaded.transformBasis).toBeUndefined();
  expect(loaded.networkBytes).toBe(setup.weightBytes());
});
