import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConversationTemplate } from "../model/sources/mlc/conversation-template.ts";
import type { TemplateMessage } from "./chat-template.ts";
import { slotWriter } from "./prompt-writer.ts";
import { createPipTokenizer, pipFile, sentencePieceFile, unicodeText } from "./testing.ts";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";
import { writableIds, writtenIds } from "./written-tokens.ts";

const URL_OF_CONFIG = "https://models.test/mlc-chat-config.json";
const template = parseConversationTemplate(
  JSON.parse(pipFile("mlc-chat-config.json")),
  URL_OF_CONFIG,
);
const pip = await createPipTokenizer();
const tiny = await createTokenizer(sentencePieceFile(), "https://models.test/tokenizer.json");
const config = { activeVocab: 2048, eosTokenIds: [2] };
const writable = writableIds(pip, slotWriter(template, pip), config);

const reply = (text: string, ids: unknown, tokenizer: Tokenizer = pip): TemplateMessage => ({
  role: "assistant",
  text,
  tokens: { tokenizer: tokenizer.fingerprint, ids: ids as number[] },
});

describe("ids are used that the model can have written", () => {
  test.each([
    ["byte-level", pip],
    ["SentencePiece", tiny],
  ])("%s: whatever they are, if they are no more than their text", (_kind, tokenizer) => {
    const of = writableIds(tokenizer, slotWriter(template, tokenizer), config);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3, max: 258 }), { maxLength: 40 }), (ids) => {
        const text = tokenizer.decode(ids);
        expect(writtenIds(of, reply(text, ids, tokenizer))).toEqual(ids);
      }),
    );
  });

  test("also where they are not those that the text would be tokenised to", () => {
    const ids = Array.from("What", (letter) => pip.encodeText(letter)).flat();
    expect(ids).not.toEqual(pip.encodeText("What"));
    expect(writtenIds(writable, reply("What", ids))).toEqual(ids);
  });

  test("text between marks that steer no model, such as <think>, is the model's to write", async () => {
    const file = JSON.parse(pipFile("tokenizer.json")) as { added_tokens: object[] };
    file.added_tokens.push({ id: 2047, content: "<think>", special: false });
    const thinking = await createTokenizer(JSON.stringify(file), URL_OF_CONFIG);
    const of = writableIds(thinking, slotWriter(template, thinking), config);
    const ids = [2047, ...thinking.encodeText("Hm.")];
    expect(writtenIds(of, reply("<think>Hm.", ids, thinking))).toEqual(ids);
  });
});

describe("the text is tokenised instead where ids", () => {
  const text = "Hello there!";
  const ids = pip.encodeText(text);
  const [first = 0, ...rest] = ids;

  test.each([
    ["begin another message", [...ids, 2, 1]],
    ["end the reply", [...ids, 2]],
    ["say less than the text", rest],
    ["say something else", [...ids].reverse()],
    ["say more", [...ids, ...ids]],
    ["are none", []],
    ["are negative", [-1, ...rest]],
    ["are beyond the vocabulary", [...ids, 2048]],
    ["are no integers", [first + 0.5, ...rest]],
    ["are not numbers", [NaN, Infinity, "5", null, {}, [first]]],
    ["are no list", { length: 3, 0: first }],
    ["are a text", text],
    ["are missing", undefined],
    ["are far too many", new Array(1_000_000).fill(2047)],
  ])("%s", (_what, tampered) => {
    expect(writtenIds(writable, reply(text, tampered))).toBeUndefined();
  });

  test("are of another tokenizer, or of a message that no model wrote", () => {
    const tokens = { tokenizer: "another", ids };
    expect(writtenIds(writable, { role: "assistant", text, tokens })).toBeUndefined();
    expect(writtenIds(writable, { ...reply(text, ids), role: "user" })).toBeUndefined();
    expect(writtenIds(writable, { ...reply(text, ids), role: "system" })).toBeUndefined();
  });

  test("belong to the template, though they are not marked as special", async () => {
    const file = JSON.parse(pipFile("tokenizer.json")) as { added_tokens: { special: boolean }[] };
    for (const token of file.added_tokens) token.special = false;
    const plain = await createTokenizer(JSON.stringify(file), URL_OF_CONFIG);
    const of = writableIds(plain, slotWriter(template, plain), {
      activeVocab: 2048,
      eosTokenIds: [0],
    });
    for (const id of [0, 1, 2])
      expect(writtenIds(of, reply(plain.decode([id]), [id], plain))).toBeUndefined();
  });

  test("whatever they are: no id is used that is special or says another text", () => {
    const anyId = fc.oneof(fc.integer({ min: -2, max: 2050 }), fc.constantFrom(0, 1, 2, NaN, 1.5));
    fc.assert(
      fc.property(unicodeText, fc.array(anyId, { maxLength: 20 }), (shown, tampered) => {
        const used = writtenIds(writable, reply(shown, tampered));
        if (!used) return;
        expect(used.some((id) => pip.isSpecial(id))).toBe(false);
        expect(pip.decode(used)).toBe(shown);
      }),
    );
  });
});
