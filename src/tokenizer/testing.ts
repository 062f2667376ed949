import { readFileSync } from "node:fs";
import fc from "fast-check";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";

const PIP = new URL("../../public/models/pip-4.7m/mlc-q0f16/", import.meta.url);

export const pipFile = (name: string): string => readFileSync(new URL(name, PIP), "utf8");

export const createPipTokenizer = (): Promise<Tokenizer> =>
  createTokenizer(pipFile("tokenizer.json"), new URL("tokenizer.json", PIP).href);

const surrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;

/** Any well-formed text. The generator of fast-check takes a second to build its tables. */
export const unicodeText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0, max: 0xffff }).filter((code) => !surrogate(code)),
      fc.integer({ min: 0x10000, max: 0x10ffff }),
    ),
    { maxLength: 60 },
  )
  .map((codes) => String.fromCodePoint(...codes));

const special = (id: number, content: string) => ({ id, content, special: true });

const MERGES = [
  ...["< /", "s >", "</ s>"],
  ...["< 0", "<0 x", "<0x 0", "A >", "<0x0 A>"],
  ...["▁ ▁", "▁ a", "h i", "▁ hi"],
];

/**
 * A `tokenizer.json` like TinyLlama's: a space is written "▁", one is put before a text, characters outside the
 * vocabulary become byte tokens, and there are merges that spell a special token and a byte token.
 */
export function sentencePieceFile(): string {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const merged = MERGES.map((pair) => pair.replace(" ", ""));
  const vocab = new Set([
    "<unk>",
    "<s>",
    "</s>",
    ...bytes,
    ...Array.from("<>/0xAabhis|▁"),
    ...merged,
  ]);
  return JSON.stringify({
    added_tokens: [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "▁" },
        { type: "Replace", pattern: { String: " " }, content: "▁" },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(Array.from(vocab, (piece, id) => [piece, id])),
      merges: MERGES,
    },
  });
}

/** The ids of `<think>` and `</think>` in `createThinkingTokenizer`. */
export const THINK = { open: 2046, close: 2047 };

/** Pip's tokenizer with the marks of a model that reasons. */
export function createThinkingTokenizer(): Promise<Tokenizer> {
  const file = JSON.parse(pipFile("tokenizer.json")) as { added_tokens: object[] };
  file.added_tokens.push(
    { id: THINK.open, content: "<think>", special: false },
    { id: THINK.close, content: "</think>", special: false },
  );
  return createTokenizer(JSON.stringify(file), new URL("tokenizer.json", PIP).href);
}
