import { assert } from "../../shared/assert.ts";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";
import { decodeQ4, encodeQ4 } from "../../shared/q4-matrix.ts";
import type { Weight } from "../architectures/architecture.ts";
import type { ModelConfig } from "../model-config.ts";
import { parseChatConfig, type MlcConfig } from "../sources/mlc/chat-config.ts";
import { expectedTensors, type ExpectedTensor } from "../sources/mlc/expected-tensors.ts";
import { MLC_REGISTRY, type MlcRegistry } from "../sources/mlc/tensor-names.ts";
import { chatConfigJson, DEFAULT_SPEC, type ModelSpec } from "./generate-config.ts";
import { BYTE_TOKENIZER_VOCAB, generateTokenizer } from "./generate-tokenizer.ts";
import { jsonBytes } from "./json-bytes.ts";
import { packShards, type StoredTensor } from "./pack-shards.ts";
import { randomValues, seededNormal } from "./random-weights.ts";

export interface GeneratedModel {
  /** Every file of the model's directory in MLC's layout, by name. */
  files: Map<string, Uint8Array>;
  /** The values that the shards stand for, as f32 [outputs, inputs] or [size], by the key of the weight. */
  weights: Map<string, Float32Array>;
  config: ModelConfig;
  mlcConfig: MlcConfig;
}

/**
 * Generates a model directory with seeded random weights, which are the same on every machine.
 *
 * @param registry of the architecture that the model is to have, and of the names in its files
 */
export async function generateModel(
  overrides: Partial<ModelSpec> = {},
  registry: MlcRegistry = MLC_REGISTRY,
): Promise<GeneratedModel> {
  const spec = { ...DEFAULT_SPEC, ...overrides };
  assert(spec.vocab >= BYTE_TOKENIZER_VOCAB, `vocab ${spec.vocab} is below the tokenizer's`);
  const chatConfig = chatConfigJson(spec);
  const mlcConfig = parseChatConfig(chatConfig, "generated:", registry);
  const { tensors, weights } = generateWeights(expectedTensors(mlcConfig, registry), spec.seed);
  const files = await packShards(tensors, spec.shardBytes);
  files.set("mlc-chat-config.json", jsonBytes(chatConfig));
  for (const [name, json] of Object.entries(generateTokenizer())) files.set(name, jsonBytes(json));
  return { files, weights, config: mlcConfig.config, mlcConfig };
}

function generateWeights(expected: readonly ExpectedTensor[], seed: number) {
  const weights: GeneratedModel["weights"] = new Map();
  const tensors: StoredTensor[] = [];
  const random = seededNormal(seed);
  for (const weight of new Set(expected.map((tensor) => tensor.weight))) {
    const parts = expected.filter((tensor) => tensor.weight === weight);
    const { stored, values } = storeWeight(weight, parts, random);
    tensors.push(...stored);
    weights.set(weight.key, values);
  }
  return { tensors, weights };
}

/** @returns the tensors of a weight, and the values that they stand for */
function storeWeight(
  weight: Weight,
  parts: readonly ExpectedTensor[],
  random: () => number,
): { stored: StoredTensor[]; values: Float32Array } {
  const values = randomValues(weight, random);
  // mlc-llm writes every f32 of a model as bf16.
  const dtype = parts.some(({ dtypes }) => dtypes.includes("f16")) ? "f16" : "bf16";
  if (parts.every(({ part }) => part === "values")) {
    const bytes = encodeFloats(values, dtype);
    return {
      stored: parts.map(({ name, shape }) => ({ name, shape, dtype, bytes })),
      values: decodeFloats(bytes, dtype),
    };
  }
  const [rows = 0, columns = 0] = weight.shape;
  const matrix = encodeQ4(values, { rows, columns }, dtype);
  const codes = new Uint8Array(matrix.words.buffer);
  const scales = encodeFloats(matrix.scales, dtype);
  const stored = parts.map(({ name, shape, part }): StoredTensor =>
    part === "codes"
      ? { name, shape, dtype: "u32", bytes: codes }
      : { name, shape, dtype, bytes: scales },
  );
  return { stored, values: decodeQ4(matrix) };
}
