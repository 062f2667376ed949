import type { SamplingDefaults } from "../protocol/engine-api.ts";

/** Llama 3's stretched RoPE: low frequencies are divided by `factor`, high ones stay, and between them it is smooth. */
export interface RopeScaling {
  type: "llama3";
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalContextTokens: number;
}

/** What a model computes, in the engine's words, checked against what the kernels can run. */
export interface ModelConfig {
  /** Name of one of `ARCHITECTURES`. */
  architecture: string;
  layers: number;
  hidden: number;
  ffn: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Rows of the embedding and of the head. */
  vocab: number;
  /** Ids from here up to `vocab` are padding and must never be sampled. */
  activeVocab: number;
  contextTokens: number;
  /** Most tokens of one step of a prefill. */
  prefillChunkTokens: number;
  rmsNormEps: number;
  rope: { theta: number; scaling: RopeScaling | null };
  /** Whether the head is the embedding. */
  tiedEmbeddings: boolean;
  eosTokenIds: readonly number[];
  sampling: SamplingDefaults;
}
