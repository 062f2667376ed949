import { byteOfPiece, createPieceDecoder, type PieceDecoder } from "./piece-decoder.ts";
import { invalid, JsonReader } from "../shared/json-reader.ts";
import { refuseRunawaySteps } from "./refuse-runaway-steps.ts";

/** A token that is looked for in a text before anything else, such as `<|im_end|>` or `<think>`. */
export interface AddedToken {
  id: number;
  content: string;
  /** Whether the token steers the model, and is no part of a reply's text. */
  special: boolean;
  /** Whether the token also takes the white space before it (`lstrip`) and after it (`rstrip`). */
  lstrip: boolean;
  rstrip: boolean;
}

/**
 * The most ids, and the most merges of pieces: Gemma 3 has 262,145 and 514,906. The library makes lists as long as
 * the largest id.
 */
const MAX_IDS = 2 ** 20;
/** All added tokens become one pattern. Gemma 3 has 6,415. */
const MAX_ADDED_TOKENS = 2 ** 14;
const MAX_ADDED_LENGTH = 256;
/** The longest pieces of published tokenizers are runs of about a hundred spaces. */
const MAX_PIECE_LENGTH = 1024;
/**
 * The most letters of the JSON of steps that a text goes through before and after the model. Some thousands are
 * usual.
 */
const MAX_STEPS_LENGTH = 2 ** 16;

/** The parts of `tokenizer.json` that a text goes through. */
export interface TokenizerFile {
  addedTokens: readonly AddedToken[];
  normalizer: unknown;
  preTokenizer: unknown;
  /** The BPE model, changed so that no text can become an added token, or be merged into a single-byte token. */
  model: object;
  decoder: PieceDecoder;
  /** The largest id of a piece that is no added token. */
  largestId: number;
}

/**
 * Reads `tokenizer.json`, which anyone may have written.
 *
 * @throws EngineError `model-invalid`
 */
export function parseTokenizerFile(json: string, url: string): TokenizerFile {
  const file = JsonReader.ofTexts(parse(json, url), url);
  for (const steps of ["normalizer", "pre_tokenizer", "decoder"]) {
    if (JSON.stringify(file.raw(steps)).length > MAX_STEPS_LENGTH)
      throw file.problem(steps, `is longer than ${MAX_STEPS_LENGTH} letters`);
    refuseRunawaySteps(file, steps);
  }
  const added = file.objects("added_tokens", { absent: [] });
  if (added.length > MAX_ADDED_TOKENS)
    throw file.problem("added_tokens", `has more than ${MAX_ADDED_TOKENS} entries`);
  const addedTokens = added.map(parseAddedToken);
  const { model, largestId } = plainModel(file.object("model"), addedTokens);
  return {
    addedTokens,
    normalizer: file.raw("normalizer"),
    preTokenizer: file.raw("pre_tokenizer"),
    model,
    decoder: createPieceDecoder(file.object("decoder")),
    largestId,
  };
}

function parse(json: string, url: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid(url, "not JSON", { cause });
  }
}

function parseAddedToken(fields: JsonReader): AddedToken {
  const content = fields.string("content");
  if (content.length > MAX_ADDED_LENGTH)
    throw fields.problem("content", `is longer than ${MAX_ADDED_LENGTH} letters`);
  return {
    id: fields.integer("id"),
    content,
    special: fields.boolean("special", false),
    lstrip: fields.boolean("lstrip", false),
    rstrip: fields.boolean("rstrip", false),
  };
}

/**
 * The model without its added tokens, and without the merges that could make one from ordinary text, such as that of
 * "</" and "s>".
 */
function plainModel(
  model: JsonReader,
  addedTokens: readonly AddedToken[],
): Pick<TokenizerFile, "model" | "largestId"> {
  if (model.string("type", "BPE") !== "BPE") throw model.problem("type", "is not BPE");
  const ids = new Set(addedTokens.map((token) => token.id));
  const removed = new Set(addedTokens.map((token) => token.content));
  const vocab = Object.entries(readVocab(model));
  for (const [piece, id] of vocab) if (ids.has(id)) removed.add(piece);
  const merges = readMerges(model).filter(([left, right]) => {
    const merged = left + right;
    return !removed.has(merged) && byteOfPiece(merged) === undefined;
  });
  const kept = vocab.filter(([piece]) => !removed.has(piece));
  const plain = {
    type: "BPE",
    vocab: Object.fromEntries(kept),
    merges,
    // It would be a special token. If every byte has a token, no piece is unknown.
    unk_token: null,
    byte_fallback: model.boolean("byte_fallback", false),
    ignore_merges: model.boolean("ignore_merges", false),
  };
  return { model: plain, largestId: kept.reduce((largest, [, id]) => Math.max(largest, id), 0) };
}

function readVocab(model: JsonReader): Record<string, number> {
  const vocab = model.raw("vocab");
  if (!isVocab(vocab)) throw model.problem("vocab", `does not map pieces to ids below ${MAX_IDS}`);
  if (Object.keys(vocab).some((piece) => piece.length > MAX_PIECE_LENGTH))
    throw model.problem("vocab", `has a piece of more than ${MAX_PIECE_LENGTH} letters`);
  return vocab;
}

function isVocab(value: unknown): value is Record<string, number> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (id) => Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < MAX_IDS,
  );
}

/** Reads the merges. A file has either `"a b"` or `["a", "b"]` for each. */
function readMerges(model: JsonReader): [left: string, right: string][] {
  const merges = model.list("merges");
  if (merges.length > MAX_IDS) throw model.problem("merges", `has more than ${MAX_IDS} entries`);
  return merges.map((merge, index) => {
    const pair: unknown = typeof merge === "string" ? merge.split(" ", 2) : merge;
    if (!isPair(pair)) throw model.problem(`merges[${index}]`, "is not a pair of pieces");
    return pair;
  });
}

const isPair = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((piece) => typeof piece === "string");
