import type { ModelConfig } from "../../model-config.ts";
import { BOUNDS, MAX_EOS_TOKENS } from "../model-limits.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import type { GgufMetadata } from "./gguf-metadata.ts";

/** Types of tokens. Source: `llama_token_type` of llama.cpp. */
export const TOKEN_TYPE = { control: 3, unused: 5 } as const;

const TOKENS = "tokenizer.ggml.tokens";
const TYPES = "tokenizer.ggml.token_type";

/** Tokens that end a reply in the families that are known, where they are control tokens. */
const END_TOKENS = new Set([
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|end|>",
  "<end_of_turn>",
  "<|end_of_turn|>",
  "<|end▁of▁sentence|>",
  "</s>",
]);

const END_KEYS = ["eos_token_id", "eot_token_id", "eom_token_id"];

/** The texts of the tokens, in the order of their ids. */
export const tokenTexts = (metadata: GgufMetadata): readonly string[] =>
  metadata.strings(TOKENS, { most: BOUNDS.vocab.max });

/** The types of the tokens; none where the file does not say. */
export const tokenTypes = (metadata: GgufMetadata): readonly number[] =>
  metadata.numbers(TYPES, { most: BOUNDS.vocab.max, absent: [] });

/**
 * Which tokens there are, and which of them end a reply.
 *
 * @throws EngineError `model-invalid` unless the embedding has a row for each token, and no other
 */
export function readVocabulary(
  metadata: GgufMetadata,
  embeddingRows: number,
): Pick<ModelConfig, "activeVocab" | "eosTokenIds"> {
  const texts = tokenTexts(metadata);
  if (texts.length !== embeddingRows)
    throw ggufInvalid(
      metadata.url,
      "vocabulary-size",
      `there are ${texts.length} tokens and ${embeddingRows} rows of the embedding`,
    );
  const types = tokenTypes(metadata);
  if (types.length > 0 && types.length !== texts.length)
    throw metadata.problem(TYPES, `has ${types.length} entries for ${texts.length} tokens`);
  // Rows behind the last token that can be used are padding.
  const activeVocab = 1 + types.findLastIndex((type) => type !== TOKEN_TYPE.unused);
  return {
    activeVocab: types.length === 0 ? texts.length : Math.max(activeVocab, 1),
    eosTokenIds: endTokens(metadata, texts, types),
  };
}

function endTokens(
  metadata: GgufMetadata,
  texts: readonly string[],
  types: readonly number[],
): number[] {
  const ids = END_KEYS.map((key) => `tokenizer.ggml.${key}`)
    .filter((key) => metadata.has(key))
    .map((key) => metadata.integer(key))
    // Files that name no end write the largest number there is.
    .filter((id) => id < texts.length);
  for (const [id, type] of types.entries())
    if (type === TOKEN_TYPE.control && END_TOKENS.has(texts[id] ?? "")) ids.push(id);
  return [...new Set(ids)].slice(0, MAX_EOS_TOKENS);
}
