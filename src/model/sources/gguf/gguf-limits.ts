/**
 * @file How large the header of a GGUF file may be, and what is in it.
 *
 * The bounds are chosen as those in `../model-limits.ts` are: several times what the largest published models need.
 */

const MIB = 2 ** 20;

/** Bytes of the header. Gemma 3 has 14 MB, nearly all of it vocabulary. */
export const MAX_HEADER_BYTES = 32 * MIB;

/** Keys of metadata. Published files have 20 to 60. */
export const MAX_METADATA = 4096;

/** Bytes of a key, as the format's description has it. */
export const MAX_KEY_BYTES = 65_535;

/** Bytes of a text. The longest published chat templates have 20 kB. */
export const MAX_STRING_BYTES = MIB;

/** Entries of a list. Vocabularies have up to 262,144 tokens, and twice as many merges. */
export const MAX_LIST_LENGTH = 2 ** 21;

/** What the places of tensors may be multiples of. Files have 32. */
export const ALIGNMENT = { min: 8, max: 2 ** 16, step: 8, absent: 32 };

/** Bytes of rows that are handed over at a time: what the GPU's side has room for while it repacks them. */
export const MAX_RUN_BYTES = 8 * MIB;
