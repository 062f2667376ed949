/**
 * @file Writes the `tokenizer.json` of a model whose tokenizer is in a GGUF file's metadata (`tokenizer.ggml.*`), so
 * that it goes through the same checks, and the same library, as any other.
 */

import type { GgufMetadata } from "./gguf-metadata.ts";
import { preTokenizerNames, preTokenizerOf, type PreTokenizer } from "./pre-tokenizers.ts";
import { scoredMerges } from "./scored-merges.ts";
import { MAX_TOKENS, readVocabulary, type Vocabulary } from "./tokenizer-vocabulary.ts";

const MODEL = "tokenizer.ggml.model";
const PRE = "tokenizer.ggml.pre";
const MERGES = "tokenizer.ggml.merges";

/**
 * The text of a `tokenizer.json` for `createTokenizer`. It depends on nothing but the metadata, so that its fingerprint
 * names the tokenizer.
 *
 * Of a byte-level vocabulary the file tells only the name of its splitters, which has to be known here. Unicode
 * normalisation is not in the metadata at all: it follows from that name.
 *
 * @throws EngineError `model-invalid`, of fault `metadata-value`
 */
export function tokenizerJsonOf(metadata: GgufMetadata): string {
  const model = metadata.string(MODEL);
  if (model === "gpt2") return byteLevel(metadata);
  if (model === "llama") return sentencePiece(metadata);
  throw metadata.problem(MODEL, "is not a tokenizer that can be read: only gpt2 and llama are");
}

function byteLevel(metadata: GgufMetadata): string {
  // Files from before the key existed split as GPT-2 does, or do not say how.
  const pre = preTokenizerOf(metadata.string(PRE, "default"));
  if (!pre) {
    const known = preTokenizerNames().join(", ");
    throw metadata.problem(PRE, `names a way to split text that is not known. Known are: ${known}`);
  }
  const vocabulary = readVocabulary(metadata);
  return write(vocabulary, {
    normalizer: pre.composes ? { type: "NFC" } : null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [...splits(pre), BYTE_LEVEL] },
    decoder: BYTE_LEVEL,
    model: {
      merges: readMerges(metadata, vocabulary),
      byte_fallback: false,
      ignore_merges: pre.ignoresMerges ?? false,
    },
  });
}

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, use_regex: false };

const splits = ({ splits }: PreTokenizer) =>
  splits.map((Regex) => ({
    type: "Split",
    pattern: { Regex },
    behavior: "Isolated",
    invert: false,
  }));

/**
 * The merges, without those that make a token that is no text: such a token is only ever a template's.
 *
 * @throws EngineError `model-invalid` for a merge of something that is no token, or into something that is none
 */
function readMerges(metadata: GgufMetadata, { pieces, all }: Vocabulary): string[] {
  const merges = metadata.strings(MERGES, { most: MAX_TOKENS });
  return merges.filter((merge, index) => {
    const [left = "", right = "", rest] = merge.split(" ");
    const isMerge = all.has(left) && all.has(right) && all.has(left + right);
    if (!isMerge || rest !== undefined)
      throw metadata.problem(MERGES, `has an entry ${index} that does not make a token of two`);
    return pieces.has(left) && pieces.has(right) && pieces.has(left + right);
  });
}

const SPACE = "\u2581";

/** SentencePiece BPE: a space is written "▁", and characters that are no piece become the tokens of their bytes. */
function sentencePiece(metadata: GgufMetadata): string {
  const vocabulary = readVocabulary(metadata);
  const hasPrefix = metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  const collapses = metadata.boolean("tokenizer.ggml.remove_extra_whitespaces", false);
  const steps = [
    ...(collapses ? [{ type: "Replace", pattern: { Regex: " {2,}" }, content: " " }] : []),
    ...(hasPrefix ? [{ type: "Prepend", prepend: SPACE }] : []),
    { type: "Replace", pattern: { String: " " }, content: SPACE },
  ];
  const decoders = [
    { type: "Replace", pattern: { String: SPACE }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    ...(hasPrefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
  ];
  return write(vocabulary, {
    normalizer: { type: "Sequence", normalizers: steps },
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders },
    model: {
      merges: scoredMerges(metadata, vocabulary),
      byte_fallback: true,
      ignore_merges: false,
    },
  });
}

/** The parts of a `tokenizer.json` in which the two kinds differ. */
interface Parts {
  normalizer: unknown;
  pre_tokenizer: unknown;
  decoder: unknown;
  model: { merges: readonly unknown[]; byte_fallback: boolean; ignore_merges: boolean };
}

function write({ pieces, addedTokens }: Vocabulary, { model, ...steps }: Parts): string {
  const vocab = Object.fromEntries(pieces);
  return JSON.stringify({
    added_tokens: addedTokens,
    ...steps,
    model: { type: "BPE", vocab, ...model },
  });
}
