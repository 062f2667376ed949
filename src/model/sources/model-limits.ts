import type { Bounds } from "../../shared/json-reader.ts";

/**
 * @file What a model's files may say and how large they may be.
 *
 * Each bound is several times what the largest published models need and still so small that whatever lies within it
 * is checked in well under a second. What a device can really run is decided later, by its own limits.
 */

const MIB = 2 ** 20;

/** Of the numbers in `mlc-chat-config.json`. The largest model in mind is Llama 3.1 405B. */
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
  /** 1e-5 or 1e-6 as a rule. In f32, much less is zero and much more drowns the norm. */
  rmsNormEps: { min: 1e-12, max: 0.1 },
  /** 10,000 to 50,000,000 as a rule. At 1 and below all positions look alike. */
  ropeTheta: { min: 1 + 1e-6, max: 1e12 },
  /** 8 to 32 as a rule, of the stretching and of its two frequencies 1 to 4. */
  ropeFactor: { min: 1e-3, max: 1e6 },
  temperature: { min: 0, max: 100 },
  repetitionPenalty: { min: 0.01, max: 100 },
} satisfies Record<string, Bounds>;

/** Files in `tokenizer_files`: five or six as a rule. */
export const MAX_TOKENIZER_FILES = 64;

/** Tokens that end a reply: three of Llama 3's. */
export const MAX_EOS_TOKENS = 256;

/** Bytes of a file that is read whole, by what it is. */
export const MAX_FILE_BYTES = {
  /** 2 to 20 kB as a rule. */
  config: MIB,
  /** 300 kB of a model of 70 billion parameters; 4 MiB are enough for the most tensors there may be. */
  index: 4 * MIB,
  /** 33 MB of Gemma 3. */
  tokenizer: 64 * MIB,
  /** 1 MB of Gemma 3. */
  tokenizerConfig: 8 * MIB,
  /** 0.9 MB of Pip; a learned one takes 8 % of the weights. */
  basis: 64 * MIB,
};

/** Shards are 32 MiB as a rule: this many hold more than there may be in all. */
export const MAX_SHARDS = 4096;

/** Ten tensors for each layer of a quantized model, and a few around them. */
export const MAX_TENSORS = 16_384;

/** A matrix has two dimensions, a norm one. */
export const MAX_TENSOR_RANK = 4;

/** Of a tensor's name and of a file's. */
export const MAX_NAME_LENGTH = 256;

/** A shard is held in memory as a whole, and no tensor is split, so that it may be a whole embedding. */
export const MAX_SHARD_BYTES = 2 ** 31;

/** Of all shards: more than the memory of any graphics card that runs a browser. */
export const MAX_WEIGHT_BYTES = 2 ** 36;

/** Bytes of a shard in front of a tensor or at the end that belong to none: room to align to a page. */
export const MAX_PADDING_BYTES = 4096;
