import type { Bounds } from "../../shared/json-reader.ts";

/**
 * @file What a model's files may say.
 *
 * Each bound is several times what the largest published models need and still so small that whatever lies within it
 * is checked in well under a second. What a device can really run is decided later, by its own limits.
 */

/** Bounds of the numbers of a `ModelConfig`. The largest model in mind is Llama 3.1 405B. */
export const BOUNDS = {
  /** 405B has 126. */
  layers: { min: 1, max: 1024 },
  /** 405B has 16,384. */
  hidden: { min: 1, max: 2 ** 16 },
  /** 405B has 53,248. */
  ffn: { min: 1, max: 2 ** 18 },
  /** 405B has 128. */
  heads: { min: 1, max: 1024 },
  /** Gemma has 262,144. */
  vocab: { min: 1, max: 2 ** 20 },
  /** Llama 4 Scout states 10,485,760. */
  contextTokens: { min: 1, max: 2 ** 24 },
  /** Models have 1e-5 or 1e-6 as a rule. In f32, much less is zero and much more drowns the norm. */
  rmsNormEps: { min: 1e-12, max: 0.1 },
  /** Models have 10,000 to 50,000,000 as a rule. At 1 and below all positions look alike. */
  ropeTheta: { min: 1 + 1e-6, max: 1e12 },
  /** The factor of a stretched RoPE is 8 to 32 as a rule, its two frequency factors are 1 to 4. */
  ropeFactor: { min: 1e-3, max: 1e6 },
  temperature: { min: 0, max: 100 },
  repetitionPenalty: { min: 0.01, max: 100 },
} satisfies Record<string, Bounds>;

/** Tokens that end a reply. Llama 3 has three. */
export const MAX_EOS_TOKENS = 256;

/** Tensors of a model. A quantized one has ten in each layer, and a few around the layers. */
export const MAX_TENSORS = 16_384;

/** Dimensions of a tensor: a matrix has two, a norm one. */
export const MAX_TENSOR_RANK = 4;

/** Letters of a tensor's name. */
export const MAX_NAME_LENGTH = 256;

/** Bytes of all weights: more than the memory of any graphics card that runs a browser. */
export const MAX_WEIGHT_BYTES = 2 ** 36;
