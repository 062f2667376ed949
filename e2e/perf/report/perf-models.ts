import { basename } from "node:path";
import {
  chatConfigJson,
  DEFAULT_SPEC,
  type ModelSpec,
} from "../../../src/model/generate/generate-config.ts";
import { generateModel } from "../../../src/model/generate/generate-model.ts";
import { generateTokenizer } from "../../../src/model/generate/generate-tokenizer.ts";
import type { ModelNumbers } from "./perf-rows.ts";

/** The part of a transformer's shape that decides what a row costs. */
type CostShape = Pick<ModelSpec, "layers" | "hidden" | "ffn" | "heads" | "kvHeads" | "headDim">;

const PIP_SHAPE: CostShape = {
  layers: 12,
  hidden: 192,
  ffn: 448,
  heads: 6,
  kvHeads: 2,
  headDim: 32,
};

/**
 * A model of ten million random weights whose rows have about as many bytes per computation as Qwen3-0.6B's. Those
 * are 114,688 bytes a token over 880 MFLOP, which is 130 bytes per MFLOP; this model's are 2,560 bytes over 19.0
 * MFLOP, which is 135.
 */
const FAT_ROWS_SPEC = {
  quantization: "q4f16_1",
  layers: 10,
  hidden: 256,
  ffn: 1024,
  heads: 8,
  kvHeads: 2,
  headDim: 32,
  vocab: 1024,
  contextTokens: 2048,
  prefillChunkTokens: 512,
  shardBytes: 4 * 2 ** 20,
} as const;

export const PERF_MODELS = {
  "pip-4.7m": numbersOf(PIP_SHAPE),
  "random-10m": numbersOf(FAT_ROWS_SPEC),
} as const satisfies Record<string, ModelNumbers>;

/** A model that is measured: one of these, or the file of `npm run perf -- --model`, by its name. */
export type PerfModel = keyof typeof PERF_MODELS | FileModel;
export type FileModel = `${string}.gguf`;

/** The model's file that is measured alone, by `npm run perf -- --model`; the preview server has the same variable. */
export function askedFile(asked = process.env["PERF_MODEL"]): FileModel | undefined {
  const name = basename(asked ?? "");
  return name.endsWith(".gguf") ? (name as FileModel) : undefined;
}

export const isFile = (model: string): model is FileModel => model.endsWith(".gguf");

export function numbersOf(shape: CostShape): ModelNumbers {
  const { layers, hidden, ffn, heads, kvHeads, headDim } = shape;
  const attention = 2 * hidden * heads * headDim + 2 * hidden * kvHeads * headDim;
  const weights = layers * (attention + 3 * hidden * ffn);
  return {
    kvBytesPerToken: layers * 2 * kvHeads * headDim * 2,
    mflopPerToken: (2 * weights) / 1e6,
  };
}

/** The address at which a page of the app's origin finds a model. The preview server has the file that is measured. */
export function addressOf(model: PerfModel): string {
  if (isFile(model)) return `models/local/${encodeURIComponent(model)}`;
  return model === "pip-4.7m" ? "models/pip-4.7m/mlc-q0f16/" : `models/${model}/`;
}

/** The random model's configuration and tokenizer, which can be made without its weights. */
export function fatRowsTexts(): { config: string; tokenizer: string } {
  const config = JSON.stringify(chatConfigJson({ ...DEFAULT_SPEC, ...FAT_ROWS_SPEC }));
  return { config, tokenizer: JSON.stringify(generateTokenizer()["tokenizer.json"]) };
}

let fatRows: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

/** The files of the random model, by name. No server has them. */
export function fatRowsFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  fatRows ??= generateModel(FAT_ROWS_SPEC).then(({ files }) => files);
  return fatRows;
}
