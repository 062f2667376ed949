import { assert } from "../../../shared/assert.ts";
import { BLOCK_TYPES } from "../../../shared/gguf-blocks.ts";
import { isVector, weightsOf, type Weight } from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import type { ModelConfig } from "../../model-config.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import type { TensorInfo } from "./tensor-infos.ts";

/** A tensor that the files of a model must hold: a weight, or some rows of one. */
export interface ExpectedTensor {
  name: string;
  weight: Weight;
  /** The row of the weight at which the tensor begins. */
  firstRow: number;
  rows: number;
  /** 1 for a vector, each of whose numbers counts as a row. */
  columns: number;
  /** As in `LoadedBlocks`. */
  interleavedHeadDim: number | undefined;
}

/** The factors of RoPE, which are read with the header, and are no weight. */
export const ROPE_FACTORS = "rope_freqs.weight";
export const EMBEDDING = "token_embd.weight";
export const HEAD = "output.weight";

/** The tensors of a weight, by role, in the order of its rows. Source: `MODEL_TENSOR` names of llama.cpp's gguf-py. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  embedding: [EMBEDDING],
  attentionNorm: ["blk.{layer}.attn_norm.weight"],
  qkv: ["blk.{layer}.attn_q.weight", "blk.{layer}.attn_k.weight", "blk.{layer}.attn_v.weight"],
  qkvBias: ["blk.{layer}.attn_q.bias", "blk.{layer}.attn_k.bias", "blk.{layer}.attn_v.bias"],
  queryNorm: ["blk.{layer}.attn_q_norm.weight"],
  keyNorm: ["blk.{layer}.attn_k_norm.weight"],
  attentionOutput: ["blk.{layer}.attn_output.weight"],
  mlpNorm: ["blk.{layer}.ffn_norm.weight"],
  gateUp: ["blk.{layer}.ffn_gate.weight", "blk.{layer}.ffn_up.weight"],
  down: ["blk.{layer}.ffn_down.weight"],
  finalNorm: ["output_norm.weight"],
  head: [HEAD],
};

/** Tensors whose rows are pairs of RoPE in files of llama's architecture: the queries and the keys. */
const INTERLEAVED = /\.attn_[qk]\.weight$/;

/**
 * Every tensor that the files of a model must hold, by name.
 *
 * @param embeddingRows of the files, where the configuration's vocabulary may be a few rows longer
 */
export function expectedTensors(
  config: ModelConfig,
  embeddingRows: number,
): Map<string, ExpectedTensor> {
  const weights = weightsOf(architectureOf(config.architecture), config);
  const tensors = weights.flatMap((weight) => tensorsOf(weight, config, embeddingRows));
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function tensorsOf(weight: Weight, config: ModelConfig, embeddingRows: number): ExpectedTensor[] {
  const names = NAMES[weight.role];
  assert(names !== undefined, `GGUF has no name for ${weight.role}`);
  const [allRows = 0, columns = 1] = weight.shape;
  const rowsOf = partRows(weight, config, weight.kind === "embedding" ? embeddingRows : allRows);
  let firstRow = 0;
  return names.map((pattern, part) => {
    const name = pattern.replace("{layer}", String(weight.layer));
    const isPaired = config.architecture === "llama" && INTERLEAVED.test(name);
    const interleavedHeadDim = isPaired ? config.headDim : undefined;
    const rows = rowsOf[part] ?? 0;
    const tensor = { name, weight, firstRow, rows, columns, interleavedHeadDim };
    firstRow += rows;
    return tensor;
  });
}

/** How many rows each tensor of a weight has. */
function partRows({ role }: Weight, config: ModelConfig, rows: number): number[] {
  const { heads, kvHeads, headDim, ffn } = config;
  if (role === "gateUp") return [ffn, ffn];
  if (role !== "qkv" && role !== "qkvBias") return [rows];
  return [heads, kvHeads, kvHeads].map((count) => count * headDim);
}

/**
 * Refuses files that do not hold exactly the tensors that are wanted. A tensor too many, such as a bias, means that the
 * model computes something else than this engine would.
 *
 * @throws EngineError `model-invalid`
 */
export function checkTensors(
  tensors: readonly TensorInfo[],
  expected: ReadonlyMap<string, ExpectedTensor>,
  url: string,
): void {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const wanted of expected.values()) {
    const tensor = found.get(wanted.name);
    if (!tensor) throw ggufInvalid(url, "tensor-missing", `tensor ${wanted.name} is missing`);
    checkTensor(tensor, wanted, url);
  }
  for (const { name } of tensors)
    if (!expected.has(name) && name !== ROPE_FACTORS)
      throw ggufInvalid(url, "tensor-unexpected", `tensor ${name} is not expected`);
}

function checkTensor(tensor: TensorInfo, wanted: ExpectedTensor, url: string): void {
  const { name, type, columns, rows } = tensor;
  const vector = isVector(wanted.weight.kind);
  const shape = vector ? [wanted.rows, 1] : [wanted.columns, wanted.rows];
  if (columns !== shape[0] || rows !== shape[1])
    throw ggufInvalid(
      url,
      "tensor-shape",
      `tensor ${name} is ${columns} × ${rows}, not ${shape.join(" × ")}`,
    );
  if (vector && BLOCK_TYPES[type].columns > 1)
    throw ggufInvalid(url, "tensor-type", `tensor ${name} is ${type}, and no list of numbers`);
}
