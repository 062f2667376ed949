import type { SamplingDefaults } from "../protocol/engine-api.ts";

export const QUANTIZATIONS = ["q0f16", "q0f32", "q4f16_1", "q4f32_1"] as const;

export type Quantization = (typeof QUANTIZATIONS)[number];

/** Llama 3's stretched RoPE: low frequencies are divided by `factor`, high ones stay, between is smooth. */
export interface RopeScaling {
  type: "llama3";
  factor: number;
  lowFreqFactor: number;
  highFreqFactor: number;
  originalContextTokens: number;
}

/** What `mlc-chat-config.json` says of a model, checked against what the kernels can run. */
export interface ModelConfig {
  architecture: "llama";
  quantization: Quantization;
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
  prefillChunkTokens: number;
  rmsNormEps: number;
  rope: { theta: number; scaling: RopeScaling | null };
  /** The head is the embedding. */
  tiedEmbeddings: boolean;
  eosTokenIds: number[];
  sampling: SamplingDefaults;
  /** `conv_template` as it stands. */
  convTemplate: unknown;
  tokenizerFiles: string[];
  /** Ours, `kv_transform_basis`: the file that holds what the KV cache is transformed with to be stored. */
  transformBasisFile?: string;
}

export const isQ4 = (quantization: Quantization): boolean => quantization.startsWith("q4");
