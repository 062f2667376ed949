import { formatHolding } from "../../../../shaders/forward/format-holding.ts";
import { BLOCK_TYPES, decodeBlocks, type BlockType } from "../../../shared/gguf-blocks.ts";
import { isVector, weightsOf, type Weight } from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import type { ModelOutline, StoredWeight } from "../../model-outline.ts";
import { BOUNDS } from "../model-limits.ts";
import {
  checkTensors,
  expectedTensors,
  ROPE_FACTORS,
  type ExpectedTensor,
} from "./expected-tensors.ts";
import { readConfig } from "./gguf-config.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import type { ReadModel } from "./read-model.ts";
import type { TensorInfo } from "./tensor-infos.ts";

/** Which tensor is which part of a model, by name. */
export type ExpectedTensors = ReadonlyMap<string, ExpectedTensor>;

/**
 * Works out which tensors make up a model, and that the files hold them all. Nothing is read but the headers.
 *
 * @throws EngineError `model-invalid`
 */
export function expectTensors({ metadata, tensors, config, facts }: ReadModel): ExpectedTensors {
  // A configuration may state more layers than there are tensors. These are not gone through.
  const layers = Math.min(config.layers, tensors.length + 1);
  const expected = expectedTensors({ ...config, layers }, facts.embeddingRows);
  checkTensors(tensors, expected, metadata.url);
  return expected;
}

/** The outline of the model, with the factors of RoPE, which have to be read from the file. */
export function describeWeights(
  { metadata, tensors, facts }: ReadModel,
  expected: ExpectedTensors,
  ropeFactors: readonly number[] | undefined,
): ModelOutline {
  const config = readConfig(metadata, { ...facts, ropeFactors });
  const types = typesByWeight(tensors, expected);
  const stored = (weight: Weight): StoredWeight => {
    const format = isVector(weight.kind) ? "f32" : formatHolding(types.get(weight.key) ?? []);
    return { ...weight, format };
  };
  return { config, weights: weightsOf(architectureOf(config.architecture), config).map(stored) };
}

function typesByWeight(
  tensors: readonly TensorInfo[],
  expected: ExpectedTensors,
): Map<string, BlockType[]> {
  const types = new Map<string, BlockType[]>();
  for (const { name, type } of tensors) {
    const key = expected.get(name)?.weight.key;
    if (key !== undefined) types.set(key, [...(types.get(key) ?? []), type]);
  }
  return types;
}

/**
 * The factors that the frequencies of RoPE are divided by, [headDim / 2]; undefined without any.
 *
 * @throws EngineError `model-invalid`
 */
export async function ropeFactors({
  files,
  metadata,
  config,
}: ReadModel): Promise<readonly number[] | undefined> {
  for (const { file, tensors } of files) {
    const tensor = tensors.find(({ name }) => name === ROPE_FACTORS);
    if (!tensor) continue;
    const { start, end, type, columns, rows } = tensor;
    const pairs = config.headDim / 2;
    if (rows !== 1 || columns !== pairs || BLOCK_TYPES[type].columns > 1)
      throw ggufInvalid(metadata.url, "tensor-shape", `${ROPE_FACTORS} are not ${pairs} numbers`);
    const factors = [...decodeBlocks(type, await file.slice({ start, end }))];
    const { min, max } = BOUNDS.ropeFactor;
    if (factors.every((factor) => factor >= min && factor <= max)) return factors;
    throw ggufInvalid(metadata.url, "tensor-values", `${ROPE_FACTORS} has a factor out of bounds`);
  }
  return undefined;
}
