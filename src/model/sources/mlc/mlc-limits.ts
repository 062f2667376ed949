/**
 * @file How large the files of a model in MLC's layout may be, and how many.
 *
 * The bounds are chosen as those in `../model-limits.ts` are: several times what the largest published models need.
 */

const MIB = 2 ** 20;

/** Files that `tokenizer_files` may list. Published models list five or six. */
export const MAX_TOKENIZER_FILES = 64;

/** Bytes of each kind of file that is read whole. */
export const MAX_FILE_BYTES = {
  /** Published ones have 2 to 20 kB. */
  config: MIB,
  /** A model of 70 billion parameters has 300 kB; 4 MiB are enough for the most tensors there may be. */
  index: 4 * MIB,
  /** Gemma 3 has 33 MB. */
  tokenizer: 64 * MIB,
  /** Gemma 3 has 1 MB. */
  tokenizerConfig: 8 * MIB,
  /** Pip has 0.9 MB; a learned one takes 8 % of the weights. */
  basis: 64 * MIB,
};

/** Shards have 32 MiB as a rule: this many hold more than there may be in all. */
export const MAX_SHARDS = 4096;

/** A shard is held in memory as a whole. As no tensor is split, it may have to be a whole embedding. */
export const MAX_SHARD_BYTES = 2 ** 31;

/** Bytes in front of a tensor or at the end of a shard that belong to no tensor: room to align to a page. */
export const MAX_PADDING_BYTES = 4096;
