import { byteOfPiece, createPieceDecoder, type PieceDecoder } from "./piece-decoder.ts";
import { JsonFields } from "./json-fields.ts";

/** A token matched in the text before anything else is: `<|im_end|>`, `<think>`. */
export interface AddedToken {
  id: number;
  content: string;
  /** Steers the model and is no part of a reply's text. */
  special: boolean;
  /** Also takes the white space before it, after it. */
  lstrip: boolean;
  rstrip: boolean;
}

/** What `tokenizer.json` says, in the parts that text goes through. */
export interface TokenizerFile {
  addedTokens: readonly AddedToken[];
  normalizer: unknown;
  preTokenizer: unknown;
  /** The BPE model, unable to make an added token or, from text, a single-byte token. */
  model: object;
  decoder: PieceDecoder;
}

/** @throws EngineError `model-invalid` */
export function parseTokenizerFile(json: string, url: string): TokenizerFile {
  const file = JsonFields.parse(json, url);
  const addedTokens = file.children("added_tokens").map(parseAddedToken);
  return {
    addedTokens,
    normalizer: file.raw("normalizer"),
    preTokenizer: file.raw("pre_tokenizer"),
    model: plainModel(file.child("model"), addedTokens),
    decoder: createPieceDecoder(file.child("decoder")),
  };
}

function parseAddedToken(fields: JsonFields): AddedToken {
  return {
    id: fields.integer("id"),
    content: fields.string("content"),
    special: fields.boolean("special", false),
    lstrip: fields.boolean("lstrip", false),
    rstrip: fields.boolean("rstrip", false),
  };
}

/**
 * The model without its added tokens, and without the merges that could put one together from
 * ordinary text ("</" + "s>").
 */
function plainModel(model: JsonFields, addedTokens: readonly AddedToken[]): object {
  if (model.string("type", "BPE") !== "BPE") model.fail("type", "is not BPE");
  const ids = new Set(addedTokens.map((token) => token.id));
  const removed = new Set(addedTokens.map((token) => token.content));
  const vocab = Object.entries(readVocab(model));
  for (const [piece, id] of vocab) if (ids.has(id)) removed.add(piece);
  const merges = readMerges(model).filter(([left, right]) => {
    const merged = left + right;
    return !removed.has(merged) && byteOfPiece(merged) === undefined;
  });
  return {
    type: "BPE",
    vocab: Object.fromEntries(vocab.filter(([piece]) => !removed.has(piece))),
    merges,
    // An unknown piece would be a special token; there are none where every byte has a token.
    unk_token: null,
    byte_fallback: model.boolean("byte_fallback", false),
    ignore_merges: model.boolean("ignore_merges", false),
  };
}

function readVocab(model: JsonFields): Record<string, number> {
  const vocab = model.raw("vocab");
  if (!isVocab(vocab)) return model.fail("vocab", "does not map pieces to ids");
  return vocab;
}

function isVocab(value: unknown): value is Record<string, number> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((id) => Number.isSafeInteger(id) && Number(id) >= 0);
}

/** Files hold either `"a b"` or `["a", "b"]`. */
function readMerges(model: JsonFields): [left: string, right: string][] {
  return model.list("merges").map((merge, index) => {
    const pair: unknown = typeof merge === "string" ? merge.split(" ", 2) : merge;
    if (!isPair(pair)) return model.fail(`merges[${index}]`, "is not a pair of pieces");
    return pair;
  });
}

const isPair = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((piece) => typeof piece === "string");
