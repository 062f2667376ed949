import { md5 } from "hash-wasm";
import { assert } from "../../shared/assert.ts";
import { parseChatConfig } from "../sources/mlc/chat-config.ts";
import { isQ4, type ModelConfig, type Quantization } from "../model-config.ts";
import { chatConfigJson, DEFAULT_SPEC, type ModelSpec } from "./generate-config.ts";
import { BYTE_TOKENIZER_VOCAB, generateTokenizer, SPECIAL_TOKENS } from "./generate-tokenizer.ts";
import { llamaWeights, type LlamaWeight } from "../architectures/llama-weights.ts";
import { decodeFloats, encodeFloats, type TensorDtype } from "../../shared/number-formats.ts";
import { decodeQ4, encodeQ4 } from "../../shared/q4-matrix.ts";

export interface GeneratedModel {
  /** Every file of the MLC model directory. */
  files: Map<string, Uint8Array>;
  /** What the shards hold, as f32 [outputs, inputs] or [size], by name up to `.weight`. */
  weights: Map<string, Float32Array>;
  config: ModelConfig;
}

interface StoredTensor {
  name: string;
  shape: number[];
  dtype: TensorDtype;
  bytes: Uint8Array;
}

/** A model directory with seeded random weights, the same on every machine. */
export async function generateModel(overrides: Partial<ModelSpec> = {}): Promise<GeneratedModel> {
  const spec = { ...DEFAULT_SPEC, ...overrides };
  assert(spec.vocab >= BYTE_TOKENIZER_VOCAB, `vocab ${spec.vocab} is below the tokenizer's`);
  const chatConfig = chatConfigJson(spec);
  const config = parseChatConfig(chatConfig, "generated:");
  const weights = new Map<string, Float32Array>();
  const tensors: StoredTensor[] = [];
  const random = seededNormal(spec.seed);
  for (const weight of llamaWeights(config)) {
    const { stored, values } = storeWeight(weight, spec.quantization, random);
    tensors.push(...stored);
    weights.set(weight.name, values);
  }
  const files = await packShards(tensors, spec.shardBytes);
  files.set("mlc-chat-config.json", jsonBytes(chatConfig));
  for (const [name, json] of Object.entries(generateTokenizer())) files.set(name, jsonBytes(json));
  return { files, weights, config };
}

/**
 * Roughly normal numbers of mean 0 and standard deviation 1.
 *
 * A sum of three uniform ones: unlike a logarithm and a cosine, it is the same in every engine.
 */
function seededNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
  return () => uniform() + uniform() + uniform();
}

/** Norms near 1; matrices of standard deviation 1/√inputs, which keeps activations near 1. */
function randomValues(shape: number[], random: () => number): Float32Array {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  const columns = shape[1];
  const [mean, deviation] = columns === undefined ? [1, 0.1] : [0, 1 / Math.sqrt(columns)];
  for (let i = 0; i < values.length; i++) values[i] = mean + random() * deviation;
  return values;
}

function storeWeight(
  weight: LlamaWeight,
  quantization: Quantization,
  random: () => number,
): { stored: StoredTensor[]; values: Float32Array } {
  const values = randomValues(weight.shape, random);
  if (TOKEN_MATRICES.has(weight.name)) quietSpecialTokens(values, weight.shape);
  // mlc-llm writes every f32 of a model as bf16.
  const dtype = quantization.includes("f16") ? "f16" : "bf16";
  const [rows, columns] = weight.shape;
  if (isQ4(quantization) && rows !== undefined && columns !== undefined)
    return storeQ4(weight.name, encodeQ4(values, { rows, columns }, dtype), dtype);
  const bytes = encodeFloats(values, dtype);
  return { stored: [{ ...weight, dtype, bytes }], values: decodeFloats(bytes, dtype) };
}

/** A row for each token. */
const TOKEN_MATRICES = new Set(["model.embed_tokens.weight", "lm_head.weight"]);
/** Makes a token that others are always likelier than. */
const QUIET = 0.01;

/** As published models do, one with random weights writes no special tokens into its replies. */
function quietSpecialTokens(values: Float32Array, [, columns = 0]: readonly number[]): void {
  for (let i = 0; i < SPECIAL_TOKENS * columns; i++) values[i] = (values[i] ?? 0) * QUIET;
}

function storeQ4(name: string, matrix: ReturnType<typeof encodeQ4>, dtype: "f16" | "bf16") {
  const { rows, words, scales } = matrix;
  const part = (suffix: string): string => name.replace(/\.weight$/, suffix);
  const stored: StoredTensor[] = [
    {
      name: part(".q_weight"),
      shape: [rows, words.length / rows],
      dtype: "u32",
      bytes: new Uint8Array(words.buffer),
    },
    {
      name: part(".q_scale"),
      shape: [rows, scales.length / rows],
      dtype,
      bytes: encodeFloats(scales, dtype),
    },
  ];
  return { stored, values: decodeQ4(matrix) };
}

/** The shards and their index. */
async function packShards(
  tensors: StoredTensor[],
  shardBytes: number,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const records: object[] = [];
  for (const group of groupBySize(tensors, shardBytes)) {
    const dataPath = `params_shard_${records.length}.bin`;
    const bytes = concatenate(group.map((tensor) => tensor.bytes));
    files.set(dataPath, bytes);
    records.push({
      dataPath,
      format: "raw-shard",
      nbytes: bytes.length,
      records: tensorRecords(group),
      md5sum: await md5(bytes),
    });
  }
  const total = tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const metadata = { ParamSize: tensors.length, ParamBytes: total };
  files.set("tensor-cache.json", jsonBytes({ metadata, records }));
  return files;
}

function groupBySize(tensors: StoredTensor[], shardBytes: number): StoredTensor[][] {
  const groups: StoredTensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const open = groups.at(-1);
    if (open !== undefined && tensor.bytes.length <= room) open.push(tensor);
    else {
      groups.push([tensor]);
      room = shardBytes;
    }
    room -= tensor.bytes.length;
  }
  return groups;
}

const DTYPE_NAMES: Record<TensorDtype, string> = {
  f16: "float16",
  bf16: "float32",
  f32: "float32",
  u32: "uint32",
};

/** Published models give every tensor the format "f32-to-bf16", whether it is one or not. */
function tensorRecords(tensors: StoredTensor[]): object[] {
  let byteOffset = 0;
  return tensors.map(({ name, shape, dtype, bytes }) => {
    const record = {
      name,
      shape,
      dtype: DTYPE_NAMES[dtype],
      format: "f32-to-bf16",
      nbytes: bytes.length,
      byteOffset,
    };
    byteOffset += bytes.length;
    return record;
  });
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const jsonBytes = (json: object): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(json, null, 2));
