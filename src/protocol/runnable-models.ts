/** @file Which models the engine of this project runs. Its loader goes by it, and the page when it offers models. */

/** The architectures that it computes, as MLC and GGUF name them. */
export const RUNNABLE_ARCHITECTURES = ["llama", "mistral", "qwen2", "qwen3"] as const;

/** The formats of a model's weights as mlc-llm names them: the bits of a matrix element, then the format of floats. */
export const QUANTIZATIONS = ["q0f16", "q0f32", "q4f16_1", "q4f32_1"] as const;

export type Quantization = (typeof QUANTIZATIONS)[number];

/** Channels of a head, at most. */
export const MAX_HEAD_DIM = 128;

/** What the size of a vocabulary must be a multiple of: rows of a matrix that one invocation computes. */
export const VOCABULARY_UNIT = 4;

/**
 * Positions that the KV cache has room for at most. Models state contexts of 128k tokens, whose cache would take gigabytes
 * of GPU memory on the spot.
 */
export const MAX_CONTEXT_TOKENS = 4096;
