import type { GgufMetadata } from "./gguf-metadata.ts";

/** What a token is for, by its number in `tokenizer.ggml.token_type`. */
const TYPES = ["", "normal", "unknown", "control", "user-defined", "unused", "byte"] as const;
export type TokenType = Exclude<(typeof TYPES)[number], "">;

/** A token that is looked for in a template before anything else, as in `tokenizer.json`. */
interface AddedToken {
  id: number;
  content: string;
  special: boolean;
}

/** The tokens of a GGUF file, by what they are for. */
export interface Vocabulary {
  /** The ids of the pieces that text is made of. */
  pieces: ReadonlyMap<string, number>;
  /** The ids of all tokens that stand for something, those of `addedTokens` included. */
  all: ReadonlyMap<string, number>;
  addedTokens: readonly AddedToken[];
  /** The number of ids. */
  size: number;
}

export const TOKENS = "tokenizer.ggml.tokens";
const TOKEN_TYPE = "tokenizer.ggml.token_type";

/** The same limits as for `tokenizer.json`. */
export const MAX_TOKENS = 2 ** 20;
const MAX_PIECE_LENGTH = 1024;
const MAX_ADDED_TOKENS = 2 ** 14;
const MAX_ADDED_LENGTH = 256;

/**
 * Tokens that steer the model whatever their type says: some converters leave them normal ones, and no text may ever
 * become one.
 */
const STEERING = ["bos", "eos", "eot", "eom"].map((name) => `tokenizer.ggml.${name}_token_id`);

/**
 * Reads the tokens, which anyone may have written. Tokens of type `unused` are padding and stand for nothing.
 *
 * @throws EngineError `model-invalid`
 */
export function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const tokens = metadata.strings(TOKENS, { most: MAX_TOKENS });
  if (tokens.length === 0) throw metadata.problem(TOKENS, "is empty");
  const types = readTypes(metadata, tokens.length);
  const pieces = new Map<string, number>();
  const all = new Map<string, number>();
  const addedTokens: AddedToken[] = [];
  for (const [id, content] of tokens.entries()) {
    const type = types[id];
    if (type === undefined || type === "unused" || content === "") continue;
    if (content.length > MAX_PIECE_LENGTH)
      throw metadata.problem(TOKENS, `has a token of more than ${MAX_PIECE_LENGTH} letters`);
    if (all.has(content))
      throw metadata.problem(TOKENS, `has the same token twice, as ${all.get(content)} and ${id}`);
    all.set(content, id);
    if (type === "normal" || type === "byte") pieces.set(content, id);
    else addedTokens.push({ id, content, special: type !== "user-defined" });
  }
  refuseAdded(metadata, addedTokens);
  return { pieces, all, addedTokens, size: tokens.length };
}

/** The type of each token. A file that has none has normal tokens only, apart from those that steer. */
function readTypes(metadata: GgufMetadata, count: number): TokenType[] {
  const numbers = metadata.numbers(TOKEN_TYPE, {
    most: MAX_TOKENS,
    absent: new Array<number>(count).fill(TYPES.indexOf("normal")),
  });
  refuseOtherCount(metadata, TOKEN_TYPE, { found: numbers.length, tokens: count });
  const types = numbers.map((number, id) => {
    const type = TYPES[number];
    if (!type) throw metadata.problem(TOKEN_TYPE, `has an unknown type for token ${id}`);
    return type;
  });
  for (const key of STEERING)
    if (metadata.has(key)) types[metadata.integer(key, { min: 0, max: count - 1 })] = "control";
  return types;
}

export function refuseOtherCount(
  metadata: GgufMetadata,
  key: string,
  { found, tokens }: { found: number; tokens: number },
): void {
  if (found !== tokens) throw metadata.problem(key, `has ${found} entries for ${tokens} tokens`);
}

function refuseAdded(metadata: GgufMetadata, added: readonly AddedToken[]): void {
  if (added.length > MAX_ADDED_TOKENS)
    throw metadata.problem(TOKEN_TYPE, `has more than ${MAX_ADDED_TOKENS} tokens that are no text`);
  const long = added.find(({ content }) => content.length > MAX_ADDED_LENGTH);
  if (long)
    throw metadata.problem(TOKENS, `has a special token of more than ${MAX_ADDED_LENGTH} letters`);
}
