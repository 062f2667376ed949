import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../../../shared/engine-error.ts";
import { createTokenizer } from "../../../tokenizer/tokenizer.ts";
import { GgufMetadata, type GgufScalar, type GgufValue } from "./gguf-metadata.ts";
import { preTokenizerNames } from "./pre-tokenizers.ts";
import { tokenizerJsonOf } from "./tokenizer-json.ts";

type Values = Record<string, GgufScalar | readonly GgufScalar[]>;

const URL_OF_MODEL = "local:model.gguf";

/** Metadata whose keys are written without `tokenizer.ggml.`. */
function metadata(values: Values): GgufMetadata {
  const entries = Object.entries(values).map(([key, value]): [string, GgufValue] => [
    `tokenizer.ggml.${key}`,
    typeof value === "object" ? { length: value.length, read: () => value } : value,
  ]);
  return new GgufMetadata(new Map(entries), URL_OF_MODEL);
}

/** The sentence with which metadata is refused. */
function refusalOf(values: Values): string {
  try {
    return `it is a tokenizer: ${tokenizerJsonOf(metadata(values)).slice(0, 100)}`;
  } catch (error) {
    if (error instanceof EngineError && error.failure.code === "model-invalid")
      return error.failure.detail;
    throw error;
  }
}

const open = async (values: Values) =>
  createTokenizer(tokenizerJsonOf(metadata(values)), URL_OF_MODEL);

/** The characters that stand for bytes in byte-level pieces: see `bytes_to_unicode` of openai/gpt-2. */
const isVisible = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
const BYTES = Array.from({ length: 256 }, (_, byte) => byte);
const hidden = BYTES.filter((byte) => !isVisible(byte));
const LETTERS = BYTES.map((byte) =>
  String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden.indexOf(byte)),
);

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/** A byte-level vocabulary: 256 letters, " a", "bc", two marks and padding. */
const GPT2 = {
  model: "gpt2",
  pre: "qwen2",
  tokens: [...LETTERS, "Ġa", "bc", "<|end|>", "<think>", "[PAD260]"],
  token_type: [...LETTERS.map(() => NORMAL), NORMAL, NORMAL, CONTROL, USER_DEFINED, UNUSED],
  merges: ["Ġ a", "b c"],
  eos_token_id: 258,
} satisfies Values;

const BYTE_PIECES = BYTES.map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
const WORDS = ["▁", "a", "b", "c", "ab", "bc", "abc", "▁a"];
const SCORES = [0, 0, 0, 0, -1, -2, -3, -4];

/** A SentencePiece vocabulary. */
const LLAMA = {
  model: "llama",
  tokens: ["<unk>", "<s>", "</s>", ...BYTE_PIECES, ...WORDS],
  token_type: [2, 3, 3, ...BYTE_PIECES.map(() => 6), ...WORDS.map(() => 1)],
  scores: [0, 0, 0, ...BYTE_PIECES.map(() => 0), ...SCORES],
} satisfies Values;

const FIRST_WORD = 259;
const wordIds = (...words: string[]) => words.map((word) => FIRST_WORD + WORDS.indexOf(word));

describe("a byte-level vocabulary", () => {
  test("has special tokens, and marks that are no special tokens, in templates only", async () => {
    const tokenizer = await open(GPT2);
    expect(tokenizer.encodeTemplate("<|end|><think>bc")).toEqual([258, 259, 257]);
    expect([tokenizer.isSpecial(258), tokenizer.isSpecial(259)]).toEqual([true, false]);
    expect(tokenizer.decode([258, 259])).toBe("<think>");
    const text = "<|end|><think> a[PAD260]";
    expect(Math.max(...tokenizer.encodeText(text))).toBe(256);
    expect(tokenizer.decode(tokenizer.encodeText(text))).toBe(text);
  });

  test("padding stands for nothing, also where it is a whole word", async () => {
    const tokens = GPT2.tokens.with(260, "PAD");
    const tokenizer = await open({ ...GPT2, tokens, pre: "llama-bpe" });
    expect(tokenizer.encodeText("PAD")).toEqual(["P", "A", "D"].map((a) => tokens.indexOf(a)));
    expect(tokenizer.decode([260])).toBe("");
  });

  test("a token that ends replies is a special one, whatever its type says", async () => {
    const tokenizer = await open({ ...GPT2, token_type: GPT2.token_type.with(258, NORMAL) });
    expect(tokenizer.isSpecial(258)).toBe(true);
    expect(tokenizer.encodeText("<|end|>")).not.toContain(258);
  });

  test("merges into a token that is no text are left out", async () => {
    const token_type = GPT2.token_type.with(257, CONTROL);
    const tokenizer = await open({ ...GPT2, token_type });
    expect(tokenizer.encodeText("bc")).toEqual([98, 99]);
  });

  test("without types all tokens are text, but those that end replies", async () => {
    const { model, pre, tokens, merges, eos_token_id } = GPT2;
    const tokenizer = await open({ model, pre, tokens, merges, eos_token_id });
    expect(tokenizer.addedTokens.map(({ id }) => id)).toEqual([258]);
  });
});

/** How each pre-tokenizer splits a text, with a vocabulary in which every word is a token of its own. */
describe("a name of splitters", () => {
  const TEXT = "It's 12345 HelloWorld a_b\n\n  x １２! 中文 e\u0301";

  async function words(pre: string): Promise<string[]> {
    const file = JSON.parse(tokenizerJsonOf(metadata({ ...GPT2, pre }))) as {
      pre_tokenizer: { pretokenizers: unknown[] };
    };
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const steps = file.pre_tokenizer.pretokenizers.slice(0, -1);
    const library = new Tokenizer(
      {
        normalizer: null,
        pre_tokenizer: { type: "Sequence", pretokenizers: steps },
        model: { type: "BPE", vocab: {}, merges: [] },
        added_tokens: [],
        post_processor: null,
        decoder: null,
      },
      {},
    );
    return library.pre_tokenizer === null ? [] : library.pre_tokenizer(TEXT, { section_index: 0 });
  }

  const rest = ["\n\n", " ", " x"];
  test.each([
    ["gpt-2", ["It", "'s", " 12345", " HelloWorld", " a", "_", "b", "\n\n ", " x"]],
    ["smollm", ["It", "'s", " ", "1", "2", "3", "4", "5", " HelloWorld", " a", "_", "b"]],
    ["llama-bpe", ["It", "'s", " ", "123", "45", " HelloWorld", " a", "_b", ...rest]],
    ["qwen2", ["It", "'s", " ", "1", "2", "3", "4", "5", " HelloWorld", " a", "_b", ...rest]],
    ["tekken", ["It", "'s", " ", "1", "2", "3", "4", "5", " Hello", "World", " a", "_b", ...rest]],
    ["gpt-4o", ["It's", " ", "123", "45", " Hello", "World", " a", "_b", ...rest]],
    ["deepseek-llm", ["It", "'", "s", " ", "1", "2", "3", "4", "5", " HelloWorld", " a", "_", "b"]],
    [
      "deepseek-coder",
      ["It", "'", "s", " ", "1", "2", "3", "4", "5", " HelloWorld", " a", "_", "b"],
    ],
  ])("%s", async (pre, first) => {
    const split = await words(pre);
    expect(split.join("")).toBe(TEXT);
    expect(split.slice(0, first.length)).toEqual(first);
  });

  test("is one that splits any text and loses nothing of it", async () => {
    for (const pre of preTokenizerNames()) {
      const tokenizer = await open({ ...GPT2, pre });
      const text = pre === "qwen2" ? TEXT.normalize("NFC") : TEXT;
      expect(tokenizer.decode(tokenizer.encodeText(TEXT)).normalize("NFC"), pre).toBe(
        text.normalize("NFC"),
      );
    }
  });

  test("decides whether texts are composed and whether whole words are looked up", async () => {
    const read = (pre: string) =>
      JSON.parse(tokenizerJsonOf(metadata({ ...GPT2, pre }))) as Record<string, unknown>;
    expect(read("qwen2")).toMatchObject({
      normalizer: { type: "NFC" },
      model: { ignore_merges: false },
    });
    expect(read("llama-bpe")).toMatchObject({ normalizer: null, model: { ignore_merges: true } });
    expect((await open({ ...GPT2, pre: "qwen2" })).encodeText("e\u0301")).toEqual(
      (await open({ ...GPT2, pre: "gpt-2" })).encodeText("\u00e9"),
    );
  });
});

describe("a SentencePiece vocabulary", () => {
  test("merges the neighbours that make the piece of the highest score", async () => {
    const tokenizer = await open(LLAMA);
    expect(tokenizer.encodeText("abc")).toEqual(wordIds("abc"));
    expect(tokenizer.encodeText("bab")).toEqual(wordIds("b", "ab"));
    expect(tokenizer.encodeTemplate("abc")).toEqual(wordIds("▁", "abc"));
    const scores = LLAMA.scores.with(FIRST_WORD + WORDS.indexOf("bc"), -0.5);
    const other = await open({ ...LLAMA, scores });
    expect(other.encodeText("ab bc")).toEqual(wordIds("ab", "▁", "bc"));
    const noWhole = scores.with(FIRST_WORD + WORDS.indexOf("abc"), -9);
    expect((await open({ ...LLAMA, scores: noWhole })).encodeText("abc")).toEqual(wordIds("abc"));
  });

  test("spells other characters in bytes, and can be without the first space", async () => {
    const tokenizer = await open({ ...LLAMA, add_space_prefix: false });
    expect(tokenizer.encodeTemplate("a")).toEqual(wordIds("a"));
    expect(tokenizer.encodeText("é")).toEqual([3 + 0xc3, 3 + 0xa9]);
    for (const text of [" a é\n", "", "  "])
      expect(tokenizer.decode(tokenizer.encodeText(text))).toBe(text);
  });

  test("makes one space of several where the file says so", async () => {
    const collapsing = await open({ ...LLAMA, remove_extra_whitespaces: true });
    expect(collapsing.encodeText("a   a")).toEqual((await open(LLAMA)).encodeText("a a"));
  });

  test("of 64,000 pieces is read in a moment", () => {
    const many = Array.from({ length: 64_000 }, (_, i) => `▁w${(i * 7919).toString(36)}`);
    const tokens = [...LLAMA.tokens, ...many];
    const token_type = [...LLAMA.token_type, ...many.map(() => NORMAL)];
    const scores = [...LLAMA.scores, ...many.map((_, i) => -i - 10)];
    const begun = process.cpuUsage();
    tokenizerJsonOf(metadata({ ...LLAMA, tokens, token_type, scores }));
    const { user, system } = process.cpuUsage(begun);
    // To try every pair of pieces would take minutes.
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});

describe("metadata is refused in which", () => {
  const last = GPT2.tokens.length - 1;

  test.each<[string, Values, RegExp]>([
    ["the model is not known", { ...GPT2, model: "bert" }, /model is not a tokenizer/],
    ["the splitters are not known", { ...GPT2, pre: "odd" }, /pre names a way .* not known/],
    ["there are no tokens", { ...GPT2, tokens: [] }, /tokens is empty/],
    ["tokens are missing", { model: "gpt2", merges: [] }, /tokens is missing/],
    ["tokens are no texts", { ...GPT2, tokens: [1, 2] }, /tokens is not a list of strings/],
    ["types are fewer", { ...GPT2, token_type: [1] }, /token_type has 1 entries for 261 tokens/],
    ["a type is unknown", { ...GPT2, token_type: GPT2.token_type.with(3, 9) }, /type for token 3/],
    ["a type is none", { ...GPT2, token_type: GPT2.token_type.with(3, 0.5) }, /type for token 3/],
    [
      "a token is there twice",
      { ...GPT2, tokens: GPT2.tokens.with(3, "bc") },
      /twice, as 3 and 257/,
    ],
    ["a token is huge", { ...GPT2, tokens: GPT2.tokens.with(3, "a".repeat(2000)) }, /1024 letters/],
    ["a mark is huge", { ...GPT2, tokens: GPT2.tokens.with(258, "a".repeat(300)) }, /256 letters/],
    ["merges are missing", { ...GPT2, merges: 1 }, /merges is 1, not a list/],
    ["a merge has one part", { ...GPT2, merges: ["bc"] }, /entry 0 that does not make a token/],
    ["a merge has three parts", { ...GPT2, merges: ["b c d"] }, /entry 0 that does not make/],
    ["a merge makes no token", { ...GPT2, merges: ["a b"] }, /entry 0 that does not make/],
    ["a merge is of no tokens", { ...GPT2, merges: ["b c", "x yz"] }, /entry 1 that does not make/],
    ["the last id is beyond", { ...GPT2, eos_token_id: last + 1 }, /eos_token_id is 261/],
    ["the first id is negative", { ...GPT2, bos_token_id: -1 }, /bos_token_id is -1/],
    ["scores are missing", { ...LLAMA, scores: 0 }, /scores is 0, not a list/],
    ["scores are fewer", { ...LLAMA, scores: [0] }, /scores has 1 entries for 267 tokens/],
    ["a score is NaN", { ...LLAMA, scores: LLAMA.scores.with(9, NaN) }, /score that is no number/],
  ])("%s", (_what, values, sentence) => {
    expect(refusalOf(values)).toMatch(sentence);
  });

  test("pieces are so long that finding their parts takes too long", () => {
    const many = Array.from({ length: 1000 }, (_, i) => "ab".repeat(500) + String(i));
    const tokens = [...LLAMA.tokens, ...many];
    const token_type = [...LLAMA.token_type, ...many.map(() => NORMAL)];
    const scores = [...LLAMA.scores, ...many.map(() => -9)];
    expect(refusalOf({ ...LLAMA, tokens, token_type, scores })).toMatch(/too many long pieces/);
  });

  test("anything is changed: it is a refusal or a tokenizer", async () => {
    const anything = fc.oneof(
      fc.constantFrom(
        "",
        "__proto__",
        "constructor",
        "<|end|>",
        "Ġ",
        "\ud800",
        0,
        -1,
        NaN,
        2 ** 60,
      ),
      fc.string({ maxLength: 4 }),
      fc.integer({ min: 0, max: 300 }),
    );
    const change = fc.tuple(fc.nat(), fc.nat({ max: 400 }), anything);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Values>(GPT2, LLAMA),
        fc.array(change, { maxLength: 3 }),
        async (good, changes) => {
          const values: Values = { ...good };
          for (const [key, place, value] of changes) {
            const name = Object.keys(good)[key % Object.keys(good).length] ?? "";
            const old = values[name];
            values[name] = Array.isArray(old) ? old.with(place % old.length, value) : value;
          }
          const tokenizer = await open(values).catch((error: unknown) => {
            if (error instanceof EngineError) return undefined;
            throw error;
          });
          tokenizer?.decode(tokenizer.encodeText("ab <|end|> Ġ constructor"));
        },
      ),
      { numRuns: 150 },
    );
  });
});
