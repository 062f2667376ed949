import { Tokenizer } from "@huggingface/tokenizers";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parseChatConfig } from "../sources/mlc/chat-config.ts";
import { QUANTIZATIONS } from "../../protocol/runnable-models.ts";
import { LLAMA3_SCALING } from "./generate-config.ts";
import { generateModel } from "./generate-model.ts";
import { checkTensors } from "../sources/mlc/check-tensors.ts";
import { expectedTensors } from "../sources/mlc/expected-tensors.ts";
import { parseTensorIndex } from "../sources/mlc/tensor-index.ts";

const jsonOf = (files: Map<string, Uint8Array>, name: string): unknown =>
  JSON.parse(new TextDecoder().decode(files.get(name)));

test.each(QUANTIZATIONS)(
  "a generated %s model passes the loader's checks",
  async (quantization) => {
    const { files, mlcConfig, weights } = await generateModel({
      quantization,
      tiedEmbeddings: false,
      ropeScaling: LLAMA3_SCALING,
    });
    const read = parseChatConfig(jsonOf(files, "mlc-chat-config.json"), "config:");
    expect(read).toEqual(mlcConfig);
    expect(read.config.rope.scaling).toEqual(LLAMA3_SCALING);
    const index = parseTensorIndex(jsonOf(files, "tensor-cache.json"), "http://models.test/index");
    checkTensors(index, expectedTensors(read), "index:");
    expect([...weights.keys()]).toContain("head");
  },
);

test("shards keep to the size asked for, where a tensor is not larger by itself", async () => {
  const { files } = await generateModel({ quantization: "q0f16", shardBytes: 16 * 1024 });
  const shards = [...files].filter(([name]) => name.endsWith(".bin")).map(([, bytes]) => bytes);
  expect(shards.length).toBeGreaterThan(5);
  const [embedding = 0, ...others] = shards.map((bytes) => bytes.length);
  expect(embedding).toBe(272 * 64 * 2);
  for (const size of others) expect(size).toBeLessThanOrEqual(24 * 1024);
});

test("the same seed gives the same bytes, on every machine", async () => {
  const hashOf = async (seed: number): Promise<string> => {
    const { files } = await generateModel({ seed });
    return createHash("md5")
      .update(files.get("params_shard_0.bin") ?? "")
      .digest("hex");
  };
  expect(await hashOf(1)).toMatchInlineSnapshot(`"ac5ff0b94089eafc9233555dd842c2be"`);
  expect(await hashOf(2)).not.toBe(await hashOf(1));
});

test("weights are of the size that keeps activations near 1", async () => {
  const { weights } = await generateModel({ quantization: "q0f32", hidden: 256, heads: 16 });
  const deviation = (name: string, mean: number): number => {
    const values = weights.get(name) ?? new Float32Array();
    const sum = values.reduce((total, value) => total + (value - mean) ** 2, 0);
    return Math.sqrt(sum / values.length);
  };
  expect(deviation("embedding", 0)).toBeCloseTo(1 / 16, 2);
  expect(deviation("finalNorm", 1)).toBeCloseTo(0.1, 1);
});

test("its tokenizer turns text into bytes and back, special tokens into one id each", async () => {
  const { files } = await generateModel();
  const tokenizer = new Tokenizer(
    jsonOf(files, "tokenizer.json") as object,
    jsonOf(files, "tokenizer_config.json") as object,
  );
  const text = "Grüße, 世界! 👋\n";
  const { ids } = tokenizer.encode(text);
  expect(ids.length).toBe(new TextEncoder().encode(text).length);
  expect(tokenizer.decode(ids)).toBe(text);
  expect(tokenizer.encode("<|im_start|>user<|im_end|>").ids).toEqual([1, 120, 118, 104, 117, 2]);
});
