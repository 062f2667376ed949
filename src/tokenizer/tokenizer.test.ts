import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPipTokenizer, pipFile, sentencePieceFile, unicodeText } from "./testing.ts";
import { createTokenizer } from "./tokenizer.ts";

const SOURCE = "https://models.test/tokenizer.json";
const pip = await createPipTokenizer();
const tiny = await createTokenizer(sentencePieceFile(), SOURCE);

const SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "</s>", "<s>", "<unk>", "<0x0A>"];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...SPECIALS, " ", "\n", "<", "|>"), fc.string()), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

const ODD = [
  "",
  " ",
  "  two  spaces ",
  "\uFEFFbyte order mark",
  "nul \0 tab \t cr \r\n",
  "e\u0301 \u200D \u202E",
  "👩‍👩‍👧‍👦 🇵🇹 😀",
  "日本語 العربية हिन्दी",
  "𝒳\u{10FFFF}",
  "Ġ Ċ ▁ Ā",
  "__proto__ constructor toString",
  "1234567890 ".repeat(50),
  "a".repeat(5000),
];

describe("Pip's tokenizer, byte-level", () => {
  test("any text survives encoding and decoding", () => {
    fc.assert(fc.property(unicodeText, (text) => pip.decode(pip.encodeText(text)) === text));
  });

  test.each(ODD)("%j survives", (text) => {
    expect(pip.decode(pip.encodeText(text))).toBe(text);
  });

  test("half a surrogate pair becomes U+FFFD", () => {
    expect(pip.decode(pip.encodeText("a\uD83Db"))).toBe("a\uFFFDb");
  });

  test("text without special tokens gets the library's ids", () => {
    const library = new Library(JSON.parse(pipFile("tokenizer.json")) as object, {});
    fc.assert(
      fc.property(unicodeText, (text) => {
        fc.pre(!SPECIALS.some((special) => text.includes(special)));
        expect(pip.encodeText(text)).toEqual(library.encode(text).ids);
      }),
    );
  });

  test("template text is encoded as the library does, special tokens included", () => {
    const library = new Library(JSON.parse(pipFile("tokenizer.json")) as object, {});
    fc.assert(
      fc.property(hostile, (text) => {
        expect(pip.encodeTemplate(text)).toEqual(library.encode(text).ids);
      }),
    );
  });

  test("whatever is typed, no special token comes out, and nothing is lost", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const ids = pip.encodeText(text);
        expect(ids.filter((id) => pip.isSpecial(id))).toEqual([]);
        expect(pip.decode(ids)).toBe(text);
      }),
    );
  });

  test("the template's special tokens are single ids", () => {
    expect(pip.encodeTemplate("<|im_end|>\n<|im_start|>user\n")).toEqual([2, 13, 1, 275, 13]);
    expect(pip.addedTokenId("<|im_end|>")).toBe(2);
    expect([0, 1, 2, 3].map((id) => pip.isSpecial(id))).toEqual([true, true, true, false]);
  });

  test("special tokens and ids of no token have no text", () => {
    expect(pip.decode([591, 2, 36, 99_999])).toBe("Hello!");
  });

  test("a whole reply decodes as the library decodes it", () => {
    const library = new Library(JSON.parse(pipFile("tokenizer.json")) as object, {});
    const ids = fc.array(fc.nat({ max: 2047 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(ids, (reply) => {
        const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
        expect(pip.decode(reply)).toBe(library.decode(reply, options));
      }),
    );
  });
});

describe("a SentencePiece tokenizer with byte fallback", () => {
  const trained = new Library(JSON.parse(sentencePieceFile()) as object, {});
  const piecesOf = (ids: number[]) => ids.map((id) => trained.id_to_token(id));

  test("template text begins with the tokenizer's own space, message text does not", () => {
    expect(piecesOf(tiny.encodeTemplate("hi"))).toEqual(["▁hi"]);
    expect(piecesOf(tiny.encodeText("hi a"))).toEqual(["hi", "▁a"]);
  });

  test("special tokens are found in template text as the library finds them", () => {
    expect(tiny.encodeTemplate("<s>hi</s>a")).toEqual(trained.encode("<s>hi</s>a").ids);
  });

  test("merges cannot spell a special or a byte token", () => {
    expect(trained.encode("a</s>").ids).toContain(2);
    const ids = tiny.encodeText("</s><0x0A>");
    expect(piecesOf(ids).slice(0, 2)).toEqual(["</", "s>"]);
    expect(tiny.decode(ids)).toBe("</s><0x0A>");
  });

  test("whatever is typed, no special token comes out, and nothing is lost", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, unicodeText), (text) => {
        const typed = `|${text.replaceAll("▁", "_")}`;
        const ids = tiny.encodeText(typed);
        expect(ids.filter((id) => tiny.isSpecial(id))).toEqual([]);
        expect(tiny.decode(ids)).toBe(typed);
      }),
    );
  });

  test("a whole reply decodes as the library decodes it", () => {
    const vocab = trained.get_vocab().size;
    const ids = fc.array(fc.nat({ max: vocab - 1 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ids, (reply) => {
        const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
        // The library's decoder drops a byte order mark, while a reply keeps it.
        const bytes = reply.flatMap((id) => Array.from(tiny.tokenBytes(id)));
        fc.pre(!bytes.includes(0xef));
        expect(tiny.decode(reply)).toBe(trained.decode(reply, options));
      }),
    );
  });
});

describe("fingerprint", () => {
  test("is the file's, and stays the same", async () => {
    const again = await createPipTokenizer();
    expect(again.fingerprint).toBe(pip.fingerprint);
    expect(pip.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(tiny.fingerprint).not.toBe(pip.fingerprint);
  });
});

describe("a file that cannot be used is model-invalid", () => {
  const file = JSON.parse(sentencePieceFile()) as Record<string, object>;
  const withField = (name: string, value: unknown) => JSON.stringify({ ...file, [name]: value });

  test.each([
    { why: "not JSON", json: "{", detail: "not JSON" },
    { why: "no model", json: withField("model", null), detail: "model is not an object" },
    {
      why: "another algorithm",
      json: withField("model", { ...file["model"], type: "Unigram" }),
      detail: "model.type is not BPE",
    },
    {
      why: "a merge of three",
      json: withField("model", { ...file["model"], merges: [["a", "b", "h"]] }),
      detail: "model.merges[0] is not a pair of pieces",
    },
    {
      why: "an id that is no number",
      json: withField("model", { ...file["model"], vocab: { a: "1" } }),
      detail: "model.vocab does not map pieces to ids below 1048576",
    },
    {
      why: "an id that nothing has room for",
      json: withField("model", { ...file["model"], vocab: { a: 2 ** 32 } }),
      detail: "model.vocab does not map pieces to ids below 1048576",
    },
    {
      why: "a piece that is a text",
      json: withField("model", { ...file["model"], vocab: { ["a".repeat(1025)]: 1 } }),
      detail: "model.vocab has a piece of more than 1024 letters",
    },
    {
      why: "a pattern that takes forever",
      json: withField("pre_tokenizer", { type: "Split", pattern: { Regex: "(a+)+$" } }),
      detail: "pre_tokenizer has a pattern that repeats a group",
    },
    {
      why: "more merges than ids",
      json: withField("model", { ...file["model"], merges: new Array(2 ** 20 + 1).fill("a b") }),
      detail: "model.merges has more than 1048576 entries",
    },
    {
      why: "more added tokens than one pattern holds",
      json: withField("added_tokens", new Array(2 ** 14 + 1).fill({ id: 1, content: "a" })),
      detail: "added_tokens has more than 16384 entries",
    },
    {
      why: "an added token that is a text",
      json: withField("added_tokens", [{ id: 1, content: "a".repeat(257) }]),
      detail: "added_tokens[0].content is longer than 256 letters",
    },
    ...["normalizer", "pre_tokenizer", "decoder"].map((name) => ({
      why: `a ${name} without end`,
      json: withField(name, { type: "Prepend", prepend: "a".repeat(2 ** 16) }),
      detail: `${name} is longer than 65536 letters`,
    })),
    {
      why: "an unknown decoder",
      json: withField("decoder", { type: "CTC" }),
      detail: "decoder.type CTC is not supported",
    },
    {
      why: "an unknown normalizer",
      json: withField("normalizer", { type: "Rot13" }),
      detail: expect.stringContaining("Rot13") as string,
    },
    {
      why: "an added token without text",
      json: withField("added_tokens", [{ id: 1 }]),
      detail: "added_tokens[0].content is not a string",
    },
  ])("$why", async ({ json, detail }) => {
    await expect(createTokenizer(json, SOURCE)).rejects.toMatchObject({
      failure: { code: "model-invalid", url: SOURCE, detail },
    });
  });
});

test("as many added tokens as there may be are found in a template", async () => {
  const file = JSON.parse(sentencePieceFile()) as Record<string, object>;
  const added_tokens = Array.from({ length: 2 ** 14 }, (_, i) => ({
    id: 1000 + i,
    content: `<|${"x".repeat(200)}${i}|>`,
  }));
  const tokenizer = await createTokenizer(JSON.stringify({ ...file, added_tokens }), SOURCE);
  expect(tokenizer.encodeTemplate(`${added_tokens[16_000]?.content ?? ""}hi`)).toContain(17_000);
});
