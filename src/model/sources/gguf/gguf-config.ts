import type { SamplingDefaults } from "../../../protocol/engine-api.ts";
import type { Bounds } from "../../../shared/json-reader.ts";
import { attentionOf, type ShapeConfig } from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import type { ModelConfig } from "../../model-config.ts";
import { unsupported } from "../../model-unsupported.ts";
import { refuseUnsupportedShape } from "../../refuse-unsupported-shape.ts";
import { BOUNDS } from "../model-limits.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import type { ArchitectureMetadata, GgufMetadata } from "./gguf-metadata.ts";
import { readRope } from "./rope-metadata.ts";
import { readVocabulary } from "./vocabulary.ts";

/** The architectures that GGUF files are read for. Files of Mistral's models call themselves `llama`. */
const ARCHITECTURES = ["llama", "qwen2", "qwen3"];

/** The least multiple of rows that the kernels compute. */
const VOCAB_UNIT = 4;

const PREFILL_CHUNK_TOKENS = 2048;

/** What is taken where a file says nothing of how to choose tokens. */
const SAMPLING: SamplingDefaults = { temperature: 0.7, topP: 0.95, repetitionPenalty: 1 };

/** What has to be known of a file's tensors to read its metadata. */
export interface TensorFacts {
  /** Rows of the embedding. */
  embeddingRows: number;
  /** Whether there is a head of its own. */
  hasHead: boolean;
  /** By how much each frequency of RoPE is divided, [headDim / 2]; undefined without `rope_freqs.weight`. */
  ropeFactors: readonly number[] | undefined;
}

/**
 * What a model computes, from its metadata and tensors.
 *
 * @throws EngineError `model-invalid` or `model-unsupported`
 */
export function readConfig(metadata: GgufMetadata, facts: TensorFacts): ModelConfig {
  const name = architectureName(metadata);
  const own: ArchitectureMetadata = { metadata, keyOf: (key) => `${name}.${key}` };
  const architecture = architectureOf(name);
  refuseOtherArithmetic(own);
  const heads = readHeads(own);
  const contextTokens = readContext(own);
  const shape: ShapeConfig = {
    layers: metadata.integer(own.keyOf("block_count"), BOUNDS.layers),
    ffn: metadata.integer(own.keyOf("feed_forward_length"), BOUNDS.ffn),
    ...heads,
    ...readVocabulary(metadata, facts.embeddingRows),
    vocab: Math.ceil(facts.embeddingRows / VOCAB_UNIT) * VOCAB_UNIT,
    contextTokens,
    prefillChunkTokens: Math.min(PREFILL_CHUNK_TOKENS, contextTokens),
    rmsNormEps: metadata.number(own.keyOf("attention.layer_norm_rms_epsilon"), BOUNDS.rmsNormEps),
    rope: readRope(own, heads.headDim, facts.ropeFactors),
    tiedEmbeddings: !facts.hasHead,
    sampling: readSampling(metadata),
  };
  const config = { architecture: name, ...shape, attention: attentionOf(architecture, shape) };
  refuseUnsupportedShape(config);
  return config;
}

/** @throws EngineError `model-unsupported` for an architecture that files are not read for */
export function architectureName(metadata: GgufMetadata): string {
  const name = metadata.string("general.architecture");
  if (ARCHITECTURES.includes(name)) return name;
  throw unsupported("architecture", name);
}

function readHeads({ metadata, keyOf }: ArchitectureMetadata) {
  const hidden = metadata.integer(keyOf("embedding_length"), BOUNDS.hidden);
  const heads = metadata.integer(keyOf("attention.head_count"), BOUNDS.heads);
  const kvHeads = metadata.integer(keyOf("attention.head_count_kv"), BOUNDS.heads, heads);
  if (heads % kvHeads !== 0)
    throw ggufInvalid(metadata.url, "head-counts", `${heads} heads do not divide into ${kvHeads}`);
  const key = keyOf("attention.key_length");
  const headDim = metadata.has(key) ? metadata.integer(key, BOUNDS.hidden) : hidden / heads;
  if (!Number.isInteger(headDim))
    throw metadata.problem(
      keyOf("embedding_length"),
      `of ${hidden} does not divide into ${heads} heads`,
    );
  const valueDim = metadata.integer(keyOf("attention.value_length"), BOUNDS.hidden, headDim);
  if (valueDim !== headDim)
    throw unsupported("shape", `keys of ${headDim} and values of ${valueDim}`);
  return { hidden, heads, kvHeads, headDim };
}

/** The window within which a token attends to others ends the context, as in `readContext` of MLC's source. */
function readContext({ metadata, keyOf }: ArchitectureMetadata): number {
  const context = metadata.integer(keyOf("context_length"), BOUNDS.contextTokens);
  const sizes: Bounds = { min: 0, max: BOUNDS.contextTokens.max };
  const window = metadata.integer(keyOf("attention.sliding_window"), sizes, 0);
  return window === 0 ? context : Math.min(context, window);
}

/** Numbers that change what is computed, where they are not what they are in the architectures that are known. */
const OTHER_ARITHMETIC = [
  "attention.scale",
  "attention.clamp_kqv",
  "attention.max_alibi_bias",
  "attn_logit_softcapping",
  "final_logit_softcapping",
  "embedding_scale",
  "residual_scale",
  "logit_scale",
  "expert_count",
];

function refuseOtherArithmetic({ metadata, keyOf }: ArchitectureMetadata): void {
  const any: Bounds = { min: -Infinity, max: Infinity };
  for (const name of OTHER_ARITHMETIC) {
    const value = metadata.number(keyOf(name), any, 0);
    if (value !== 0) throw unsupported("shape", `${name} of ${value}`);
  }
  if (!metadata.boolean(keyOf("attention.causal"), true))
    throw unsupported("shape", "attention to later tokens");
}

/** Source: the keys `general.sampling.*` of llama.cpp. */
function readSampling(metadata: GgufMetadata): SamplingDefaults {
  const read = (name: string, bounds: Bounds, absent: number): number =>
    metadata.number(`general.sampling.${name}`, bounds, absent);
  const { temperature, topP, repetitionPenalty } = SAMPLING;
  return {
    temperature: atLeastTiny(read("temp", BOUNDS.temperature, temperature)),
    topP: read("top_p", { min: 1e-6, max: 1 }, topP),
    repetitionPenalty: read("penalty_repeat", BOUNDS.repetitionPenalty, repetitionPenalty),
  };
}

/** The smallest temperature that logits are divided by. */
const MIN_TEMPERATURE = 1e-3;

/** A temperature that is next to 0 means the likeliest token, as 0 does. */
const atLeastTiny = (temperature: number): number =>
  temperature < MIN_TEMPERATURE ? 0 : temperature;
