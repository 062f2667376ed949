import { BLOCK_TYPES, type BlockType } from "../../../shared/gguf-blocks.ts";

const BY_ID = new Map(
  Object.entries(BLOCK_TYPES).map(([name, { id }]) => [id as number, name as BlockType]),
);

/** The type of a tensor by its number; undefined for one that is not read here. */
export const blockType = (id: number): BlockType | undefined => BY_ID.get(id);

/** Types that exist and are not read here, by their numbers. Source: `enum ggml_type` of ggml. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  4: "Q4_2",
  5: "Q4_3",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/** The name of a type that is not read here; undefined for a number that no type has. */
export const otherTypeName = (id: number): string | undefined => OTHER_TYPES[id];

/** What a file says of its types as a whole, by `general.file_type`. Source: `enum llama_ftype` of llama.cpp. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  7: "Q8_0",
  8: "Q5_0",
  9: "Q5_1",
  14: "Q4_K_S",
  15: "Q4_K_M",
  16: "Q5_K_S",
  17: "Q5_K_M",
  18: "Q6_K",
  32: "BF16",
};

/** The name of a file's mixture of types; undefined for one that is not known here. */
export const fileTypeName = (fileType: number): string | undefined => FILE_TYPES[fileType];
