import { partsOf } from "../../../../shaders/forward/qkv-steps.ts";
import type { SamplingDefaults } from "../../../protocol/engine-api.ts";
import { QUANTIZATIONS, type Quantization } from "../../../protocol/runnable-models.ts";
import { JsonReader, shortened, type Bounds } from "../../../shared/json-reader.ts";
import {
  attentionOf,
  type Architecture,
  type ShapeConfig,
} from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import type { Llama3Scaling, ModelConfig, RopeScaling } from "../../model-config.ts";
import { unsupported } from "../../model-unsupported.ts";
import { Q4_GROUP } from "../../../shared/q4-matrix.ts";
import { refuseUnsupportedShape } from "../../refuse-unsupported-shape.ts";
import { BOUNDS, MAX_EOS_TOKENS } from "../model-limits.ts";
import { MAX_TOKENIZER_FILES } from "./mlc-limits.ts";
import { isModelFileName } from "../../../downloads/model-url.ts";
import { readKvLayers } from "./kv-sharing.ts";
import { isQ4 } from "./quantization.ts";
import { MLC_REGISTRY, type MlcRegistry } from "./tensor-names.ts";

/** How many devices a model may be split over. */
const PARTS: Bounds = { min: 1, max: 1024 };
const MIN_TEMPERATURE = 1e-3;
const BASIS_FIELD = "kv_transform_basis";
const DEFAULT_ROPE_THETA = 10_000;
const DEFAULT_PREFILL_CHUNK_TOKENS = 2048;

/** What `mlc-chat-config.json` says: what the model computes, and how this source's files hold it. */
export interface MlcConfig {
  config: ModelConfig;
  quantization: Quantization;
  /** The field `conv_template`, unread. */
  convTemplate: unknown;
  tokenizerFiles: readonly string[];
  /**
   * The file that our own field `kv_transform_basis` names: what the KV cache is transformed with when it is stored.
   */
  transformBasisFile?: string;
}

/**
 * Reads `mlc-chat-config.json`. Throws `model-invalid` or `model-unsupported`.
 *
 * Source: `MLCChatConfig` of mlc-llm, and the configuration of each architecture, such as `LlamaConfig`.
 */
export function parseChatConfig(
  json: unknown,
  url: string,
  registry: MlcRegistry = MLC_REGISTRY,
): MlcConfig {
  const top = JsonReader.of(json, url);
  const architecture = readArchitecture(top, registry);
  const quantization = readQuantization(top);
  const shape = readModelConfig(top, architecture);
  const attention = attentionOf(architecture, shape);
  const config: ModelConfig = { architecture: architecture.name, ...shape, attention };
  const read: MlcConfig = {
    config,
    quantization,
    convTemplate: top.raw("conv_template"),
    tokenizerFiles: readTokenizerFiles(top),
    ...(top.has(BASIS_FIELD) && { transformBasisFile: readBasisFile(top) }),
  };
  refuseUnsupportedShape(config, isQ4(quantization) ? { columnUnit: Q4_GROUP } : {});
  return read;
}

function readArchitecture(
  top: JsonReader,
  { architectures, tensorNames }: MlcRegistry,
): Architecture {
  const found = top.string("model_type");
  const architecture = architectureOf(found, architectures);
  if (tensorNames[architecture.name] === undefined) throw unsupported("architecture", found);
  return architecture;
}

function readModelConfig(top: JsonReader, { steps }: Architecture): ShapeConfig {
  const model = top.object("model_config");
  refuseUnsupportedSplit(top, model);
  refuseOtherArithmetic(model, { biases: partsOf(steps, "bias").length > 0 });
  return {
    ...readShape(model),
    ...readVocab(top, model),
    ...readContext(top, model),
    rmsNormEps: model.number("rms_norm_eps", BOUNDS.rmsNormEps),
    rope: readRope(model),
    tiedEmbeddings: model.has("tie_word_embeddings") && model.boolean("tie_word_embeddings"),
    sampling: readSampling(top),
  };
}

function readQuantization(top: JsonReader): Quantization {
  const found = top.string("quantization");
  const known = QUANTIZATIONS.find((name) => name === found);
  if (known === undefined) throw unsupported("quantization", found);
  return known;
}

function refuseUnsupportedSplit(top: JsonReader, model: JsonReader): void {
  for (const reader of [top, model])
    for (const split of ["tensor_parallel_shards", "pipeline_parallel_stages"])
      if (reader.has(split) && reader.integer(split, PARTS) > 1)
        throw unsupported("shape", `${split} ${reader.integer(split, PARTS)}`);
}

/** Refuses what a configuration may ask for beside what its architecture is known to compute. */
function refuseOtherArithmetic(model: JsonReader, { biases }: { biases: boolean }): void {
  const activation = model.has("hidden_act") ? model.string("hidden_act") : "silu";
  if (activation !== "silu") throw unsupported("shape", `activation ${activation}`);
  if (model.has("attention_bias") && model.boolean("attention_bias") && !biases)
    throw unsupported("shape", "biases of queries, keys and values");
}

function readShape(model: JsonReader) {
  const hidden = model.integer("hidden_size", BOUNDS.hidden);
  const heads = model.integer("num_attention_heads", BOUNDS.heads);
  // MLC writes 0, or nothing, where a model has no value of its own.
  const own = (name: string, max: number): number =>
    model.has(name) ? model.integer(name, { min: 0, max }) : 0;
  const headDim = own("head_dim", BOUNDS.hidden.max) || hidden / heads;
  if (!Number.isInteger(headDim))
    throw model.problem("hidden_size", `of ${hidden} does not divide into ${heads} heads`);
  const layers = model.integer("num_hidden_layers", BOUNDS.layers);
  const kvLayers = readKvLayers(model, layers);
  return {
    layers,
    ...(kvLayers && { kvLayers }),
    hidden,
    ffn: model.integer("intermediate_size", BOUNDS.ffn),
    heads,
    kvHeads: own("num_key_value_heads", BOUNDS.heads.max) || heads,
    headDim,
  };
}

function readVocab(top: JsonReader, model: JsonReader) {
  const vocab = (model.has("vocab_size") ? model : top).integer("vocab_size", BOUNDS.vocab);
  const activeVocab = top.has("active_vocab_size")
    ? top.integer("active_vocab_size", BOUNDS.vocab)
    : vocab;
  if (activeVocab > vocab)
    throw top.problem("active_vocab_size", `of ${activeVocab} exceeds vocab_size ${vocab}`);
  const eosTokenIds = readEos(top);
  if (eosTokenIds.some((id) => id >= vocab))
    throw top.problem("eos_token_id", `lies outside the vocabulary of ${vocab}`);
  return { vocab, activeVocab, eosTokenIds };
}

function readEos(top: JsonReader): readonly number[] {
  if (!top.has("eos_token_id")) return [];
  const ids: Bounds = { min: 0, max: BOUNDS.vocab.max };
  return Array.isArray(top.raw("eos_token_id"))
    ? top.integers("eos_token_id", { bounds: ids, most: MAX_EOS_TOKENS })
    : [top.integer("eos_token_id", ids)];
}

/**
 * Reads how many tokens a model runs in. With a sliding window, a token attends to that many tokens at most; in a context
 * that is no longer than the window it attends to all, which is what the kernels compute. So the window ends the context.
 */
function readContext(top: JsonReader, model: JsonReader) {
  const window = readSlidingWindow(top, model);
  const stated = top.has("context_window_size") ? top : model;
  const isWindow = window !== undefined && !stated.has("context_window_size");
  const context = isWindow ? window : stated.integer("context_window_size", BOUNDS.contextTokens);
  const contextTokens = Math.min(context, window ?? context);
  const holder = [top, model].find((reader) => reader.has("prefill_chunk_size"));
  const prefill =
    holder?.integer("prefill_chunk_size", BOUNDS.contextTokens) ?? DEFAULT_PREFILL_CHUNK_TOKENS;
  return { contextTokens, prefillChunkTokens: Math.min(prefill, contextTokens) };
}

/** Reads the smallest sliding window; undefined if there is none. MLC also writes 0 for none. */
function readSlidingWindow(top: JsonReader, model: JsonReader): number | undefined {
  const sizes: Bounds = { min: 0, max: BOUNDS.contextTokens.max };
  const windows = [top, model]
    .filter((reader) => reader.has("sliding_window_size"))
    .map((reader) => reader.integer("sliding_window_size", sizes))
    .filter((size) => size > 0);
  return windows.length === 0 ? undefined : Math.min(...windows);
}

function readRope(model: JsonReader): ModelConfig["rope"] {
  const name = ["position_embedding_base", "rope_theta"].find((field) => model.has(field));
  return {
    theta: name === undefined ? DEFAULT_ROPE_THETA : model.number(name, BOUNDS.ropeTheta),
    scaling: model.has("rope_scaling") ? readScaling(model.object("rope_scaling")) : null,
  };
}

/** Reads the stretching of RoPE. The keyword is `rope_type` in newer configurations and `type` in older ones. */
function readScaling(scaling: JsonReader): RopeScaling | null {
  const keyword = scaling.has("rope_type") ? "rope_type" : "type";
  const type = scaling.string(keyword);
  if (type === "default") return null;
  if (type !== "llama3") throw unsupported("shape", `RoPE scaling ${type}`);
  const read: Llama3Scaling = {
    type,
    factor: scaling.number("factor", BOUNDS.ropeFactor),
    lowFreqFactor: scaling.number("low_freq_factor", BOUNDS.ropeFactor),
    highFreqFactor: scaling.number("high_freq_factor", BOUNDS.ropeFactor),
    originalContextTokens: scaling.integer(
      "original_max_position_embeddings",
      BOUNDS.contextTokens,
    ),
  };
  if (read.highFreqFactor <= read.lowFreqFactor)
    throw scaling.problem("high_freq_factor", "is not above low_freq_factor");
  return read;
}

/** Reads the names of the tokenizer's files. Old repositories list `tokenizer.model` alone, which is another format. */
function readTokenizerFiles(top: JsonReader): readonly string[] {
  const files = top.strings("tokenizer_files", { most: MAX_TOKENIZER_FILES });
  for (const name of files) refuseOtherPlaces(top, "tokenizer_files", name);
  if (!files.includes("tokenizer.json"))
    throw top.problem("tokenizer_files", "lists no tokenizer.json");
  return files;
}

function readBasisFile(top: JsonReader): string {
  const name = top.string(BASIS_FIELD);
  refuseOtherPlaces(top, BASIS_FIELD, name);
  return name;
}

/** Throws for a name that leads out of the model's directory: a configuration cannot send a download elsewhere. */
function refuseOtherPlaces(top: JsonReader, field: string, name: string): void {
  if (isModelFileName(name)) return;
  throw top.problem(field, `${shortened(name)} is no file of the model's directory`);
}

function readSampling(top: JsonReader): SamplingDefaults {
  const read = (name: string, bounds: Bounds): number =>
    top.has(name) ? top.number(name, bounds) : 1;
  const topP = read("top_p", { min: 0, max: 1 });
  if (topP === 0) throw top.problem("top_p", "of 0 leaves no token to choose from");
  const temperature = read("temperature", BOUNDS.temperature);
  // Logits are divided by the temperature. A temperature of 0 means the likeliest token.
  if (temperature > 0 && temperature < MIN_TEMPERATURE)
    throw top.problem(
      "temperature",
      `of ${temperature} is neither 0 nor at least ${MIN_TEMPERATURE}`,
    );
  return {
    temperature,
    topP,
    repetitionPenalty: read("repetition_penalty", BOUNDS.repetitionPenalty),
  };
}
