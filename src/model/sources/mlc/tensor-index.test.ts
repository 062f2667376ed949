import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { EngineFailure } from "../../../protocol/errors.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { parseChatConfig, type MlcConfig } from "./chat-config.ts";
import { generateModel } from "../../generate/generate-model.ts";
import { checkTensors } from "./check-tensors.ts";
import { expectedTensors } from "./expected-tensors.ts";
import { QUANTIZATIONS } from "../../../protocol/runnable-models.ts";
import { parseTensorIndex } from "./tensor-index.ts";

const URL_OF_INDEX = "https://models.test/pip/tensor-cache.json";
const MD5 = "0123456789abcdef0123456789abcdef";

interface JsonTensor {
  name: string;
  shape: unknown;
  dtype: string;
  format: string;
  nbytes: number;
  byteOffset: number;
}

interface JsonShard {
  dataPath: string;
  format: string;
  nbytes: number;
  md5sum: string;
  records: JsonTensor[];
}

const tensor = (change: Partial<JsonTensor> = {}): JsonTensor => ({
  name: "a",
  shape: [2, 3],
  dtype: "float16",
  format: "f32-to-bf16",
  nbytes: 12,
  byteOffset: 0,
  ...change,
});

const index = (change: Partial<JsonShard> = {}) => ({
  records: [
    {
      dataPath: "params_shard_0.bin",
      format: "raw-shard",
      nbytes: 24,
      md5sum: MD5,
      records: [tensor()],
      ...change,
    },
  ],
});

/** An index of `count` shards, each of `tensors` tensors of `words` 32-bit words. */
function shards(count: number, { tensors, words }: { tensors: number; words: number }) {
  const nbytes = 4 * words;
  const records = Array.from({ length: count }, (_, shard) => ({
    ...index({ dataPath: `params_shard_${shard}.bin`, nbytes: tensors * nbytes }).records[0],
    records: Array.from({ length: tensors }, (_, i) =>
      tensor({
        name: `${shard}.${i}`,
        shape: [words],
        dtype: "uint32",
        nbytes,
        byteOffset: i * nbytes,
      }),
    ),
  }));
  return { records };
}

function detailOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const failure: EngineFailure | undefined =
      error instanceof EngineError ? error.failure : undefined;
    if (failure?.code === "model-invalid") return failure.detail;
    throw error;
  }
  throw new Error("it was accepted");
}

test("the format means bf16 only together with float32", () => {
  const dtypeOf = (change: Partial<JsonTensor>) => {
    const parsed = parseTensorIndex(index({ records: [tensor(change)] }), URL_OF_INDEX);
    return parsed.shards[0]?.tensors[0]?.dtype;
  };
  expect(dtypeOf({ dtype: "float16" })).toBe("f16");
  expect(dtypeOf({ dtype: "float32" })).toBe("bf16");
  expect(dtypeOf({ dtype: "float32", format: "raw", nbytes: 24 })).toBe("f32");
  expect(dtypeOf({ dtype: "uint32", nbytes: 24 })).toBe("u32");
});

test("shards lie beside the index", () => {
  const { shards } = parseTensorIndex(index({ dataPath: "part/shard.bin" }), URL_OF_INDEX);
  expect(shards[0]?.url).toBe("https://models.test/pip/part/shard.bin");
});

test.each<[string, unknown]>([
  ["the document is not an object", []],
  ["records is missing", {}],
  ["there are no shards", { records: [] }],
  ["records[0].format tar is not raw-shard", index({ format: "tar" })],
  ["records[0].md5sum is not an MD5 in hex", index({ md5sum: "abc" })],
  [
    "records[0].dataPath ../other/shard.bin is no file of the model's directory",
    index({ dataPath: "../other/shard.bin" }),
  ],
  [
    "records[0].dataPath https://evil.test/shard.bin is no file of the model's directory",
    index({ dataPath: "https://evil.test/shard.bin" }),
  ],
  [
    "records[0].records[0].nbytes of a is 10, its shape says 12",
    index({ records: [tensor({ nbytes: 10 })] }),
  ],
  [
    "records[0].records[0].nbytes of a is 24, its shape says 12",
    index({ records: [tensor({ dtype: "float32", nbytes: 24 })] }),
  ],
  [
    "records[0].records[0].byteOffset of a leads past the shard's 24 bytes",
    index({ records: [tensor({ byteOffset: 16 })] }),
  ],
  [
    "records[0].records[0].byteOffset is -2, not an integer from 0 to 2147483648",
    index({ records: [tensor({ byteOffset: -2 })] }),
  ],
  ["records[0].records[0].dtype int8 is unknown", index({ records: [tensor({ dtype: "int8" })] })],
  [
    "records[0].records[0].shape is not a list of integers from 1 to 2147483648",
    index({ records: [tensor({ shape: [2, "3"] })] }),
  ],
  [
    "records[0].nbytes is 9007199254740991, not an integer from 1 to 2147483648",
    index({ nbytes: 2 ** 53 - 1 }),
  ],
  [
    "records[0].nbytes has 4097 bytes in one place that belong to no tensor",
    index({ nbytes: 12 + 4097 }),
  ],
  [
    "records[0].nbytes has 5000 bytes in one place that belong to no tensor",
    index({ nbytes: 5012, records: [tensor({ byteOffset: 5000 })] }),
  ],
  [
    "records[0].records has b on top of another tensor",
    index({ records: [tensor(), tensor({ name: "b", byteOffset: 10 })] }),
  ],
  [
    "records[0].records[0].nbytes of a is 12, its shape says 18446744073709552000",
    index({ records: [tensor({ shape: [2 ** 31, 2 ** 31, 2] })] }),
  ],
  [
    "records[0].records[0].shape is not a list of integers from 1 to 2147483648",
    index({ records: [tensor({ shape: [2 ** 53, 0] })] }),
  ],
  [
    "records[0].records[0].shape has 5 entries, more than 4",
    index({ records: [tensor({ shape: [2, 3, 1, 1, 1] })] }),
  ],
  [
    "records[0].records[0].name has 257 letters, more than 256",
    index({ records: [tensor({ name: "a".repeat(257) })] }),
  ],
  ["records has 4097 entries, more than 4096", shards(4097, { tensors: 1, words: 1 })],
  ["there are 16385 tensors, more than 16384", shards(5, { tensors: 3277, words: 1 })],
  [
    "all shards have 70866960384 bytes, more than 68719476736",
    shards(33, { tensors: 1, words: 2 ** 29 }),
  ],
  ["tensor a is there twice", index({ records: [tensor(), tensor({ byteOffset: 12 })] })],
  [
    "shard https://models.test/pip/params_shard_0.bin is there twice",
    { records: [...index().records, ...index({ records: [] }).records] },
  ],
])("invalid: %s", (detail, json) => {
  expect(detailOf(() => parseTensorIndex(json, URL_OF_INDEX))).toBe(detail);
});

test.each(["mlc-q0f16", "mlc-q4f16_1"])("the embedded model's %s is complete", (format) => {
  const read = (name: string): unknown => {
    const path = `../../../../public/models/pip-4.7m/${format}/${name}`;
    return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
  };
  const expected = expectedTensors(parseChatConfig(read("mlc-chat-config.json"), "config:"));
  const parsed = parseTensorIndex(read("tensor-cache.json"), URL_OF_INDEX);
  checkTensors(parsed, expected, URL_OF_INDEX);
  expect(parsed.shards[0]?.tensors.length).toBe(expected.length);
});

let tiny: { mlcConfig: MlcConfig; json: ReturnType<typeof index> };

beforeAll(async () => {
  const { mlcConfig, files } = await generateModel({ layers: 1, tiedEmbeddings: false });
  const text = new TextDecoder().decode(files.get("tensor-cache.json"));
  tiny = { mlcConfig, json: JSON.parse(text) as ReturnType<typeof index> };
});

function detailAfter(change: (tensors: JsonTensor[]) => JsonTensor[]): string {
  const records = tiny.json.records.map((shard) => ({ ...shard, records: change(shard.records) }));
  const parsed = parseTensorIndex({ records }, URL_OF_INDEX);
  return detailOf(() => checkTensors(parsed, expectedTensors(tiny.mlcConfig), URL_OF_INDEX));
}

test("a missing tensor is named", () => {
  const lacking = detailAfter((tensors) =>
    tensors.filter(({ name }) => name !== "lm_head.q_scale"),
  );
  expect(lacking).toBe("tensor lm_head.q_scale is missing");
});

test("a tensor that the architecture does not have is named", () => {
  const config = { ...tiny.mlcConfig.config, tiedEmbeddings: true };
  const withoutHead = expectedTensors({ ...tiny.mlcConfig, config });
  const parsed = parseTensorIndex(tiny.json, URL_OF_INDEX);
  expect(detailOf(() => checkTensors(parsed, withoutHead, URL_OF_INDEX))).toBe(
    "tensor lm_head.q_weight is not expected",
  );
});

test("a tensor of another shape or format is named", () => {
  const changeNorm = (change: Partial<JsonTensor>) =>
    detailAfter((tensors) =>
      tensors.map((each) => (each.name === "model.norm.weight" ? { ...each, ...change } : each)),
    );
  expect(changeNorm({ shape: [32, 2] })).toBe("tensor model.norm.weight is 32 × 2, not 64");
  expect(changeNorm({ dtype: "float32" })).toBe("tensor model.norm.weight is bf16, not f16");
});

test.each(QUANTIZATIONS)("the names of %s are frozen", async (quantization) => {
  const { mlcConfig } = await generateModel({ quantization, layers: 1, tiedEmbeddings: false });
  expect(
    expectedTensors(mlcConfig).map(
      ({ name, shape, dtypes }) => `${name} ${shape.join("x")} ${dtypes.join()}`,
    ),
  ).toMatchSnapshot();
});

test("bf16 and f32 in one model are unsupported", async () => {
  const { mlcConfig, files } = await generateModel({ quantization: "q4f32_1", layers: 1 });
  const expected = expectedTensors(mlcConfig);
  const text = new TextDecoder().decode(files.get("tensor-cache.json"));
  const { records } = JSON.parse(text) as ReturnType<typeof index>;
  const parsed = parseTensorIndex({ records }, URL_OF_INDEX);
  checkTensors(parsed, expected, URL_OF_INDEX);
  for (const { tensors } of parsed.shards)
    for (const each of tensors) if (each.name === "model.norm.weight") each.dtype = "f32";
  const check = () => checkTensors(parsed, expected, URL_OF_INDEX);
  expect(check).toThrow(
    expect.objectContaining({
      failure: { code: "model-unsupported", what: "quantization", found: "bf16 and f32" },
    }),
  );
});
