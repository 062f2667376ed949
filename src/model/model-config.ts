import type { SamplingDefaults } from "../protocol/engine-api.ts";

/**
 * Llama 3's stretched RoPE. Low frequencies are divided by `factor`, high ones stay as they are, and those between
 * change smoothly.
 */
export interface RopeScaling {
  type: "llama3";
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalContextTokens: number;
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
  headDim: number;
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
