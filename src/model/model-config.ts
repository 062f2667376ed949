import type { QkvStep } from "../../shaders/forward/qkv-steps.ts";
import type { SamplingDefaults } from "../protocol/engine-api.ts";

/** How RoPE is stretched beyond the context that a model was first trained with. */
export type RopeScaling = Llama3Scaling | FactorScaling;

/** A RoPE whose frequencies are each divided by a factor of their own, [headDim / 2]. */
interface FactorScaling {
  type: "factors";
  factors: readonly number[];
}

/**
 * Llama 3's stretched RoPE. Low frequencies are divided by `factor`, high ones stay as they are, and those between
 * change smoothly.
 */
export interface Llama3Scaling {
  type: "llama3";
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalContextTokens: number;
}

/** What an architecture does with the QKV product of a layer. Its description says it, and a configuration resolves it. */
export interface AttentionConfig {
  /** What is done to the heads before attention reads them, in this order. */
  steps: readonly QkvStep[];
  /** The products of queries and keys are divided by the square root of this number, which is mostly `headDim`. */
  scoreWidth: number;
}

/** What a model computes, in the engine's own words. It has been checked against what the kernels can run. */
export interface ModelConfig {
  /** The name of one of `ARCHITECTURES`. */
  architecture: string;
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  /**
   * For each layer, the layer whose K and V it attends to, which is itself or one before it. Absent if every layer has
   * its own. See kv-layers.ts.
   */
  kvLayers?: readonly number[];
  headDim: number;
  attention: AttentionConfig;
  /** How many rows the embedding and the head have. */
  vocab: number;
  /** Ids from here up to `vocab` are padding and must never be sampled. */
  activeVocab: number;
  contextTokens: number;
  /** The most tokens of one step of a prefill. */
  prefillChunkTokens: number;
  rmsNormEps: number;
  rope: { theta: number; scaling: RopeScaling | null };
  /** Whether the embedding also serves as the head. */
  tiedEmbeddings: boolean;
  eosTokenIds: readonly number[];
  sampling: SamplingDefaults;
}
