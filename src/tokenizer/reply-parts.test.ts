import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginsInReasoning, reasoningMarks } from "./reasoning.ts";
import { ReplyParts } from "./reply-parts.ts";
import {
  createPipTokenizer,
  createThinkingTokenizer,
  sentencePieceFile,
  THINK,
  unicodeText,
} from "./testing.ts";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";

const pip = await createPipTokenizer();
const thinking = await createThinkingTokenizer();
const tiny = await createTokenizer(sentencePieceFile(), "https://models.test/tokenizer.json");
const marks = reasoningMarks(thinking, []);
const spelled = reasoningMarks(pip, ["{{ content.split('</think>')[-1] }}"]);
const { open, close } = THINK;
const ids = (text: string, tokenizer: Tokenizer = thinking) => tokenizer.encodeText(text);

/** Runs a whole reply, and joins the pieces that came of it. */
function divide(parts: ReplyParts, reply: readonly number[]) {
  const pieces = [...reply.map((id) => parts.push(id)), parts.flush()];
  const { reasoningIds, textIds } = parts;
  return {
    reasoning: pieces.map(({ reasoning }) => reasoning).join(""),
    text: pieces.map(({ text }) => text).join(""),
    reasoningIds,
    textIds,
  };
}

const reason = (reply: readonly number[], begun = false) =>
  divide(new ReplyParts(thinking, marks, begun), reply);
/** The same with a tokenizer that has no tokens for the marks. */
const reasonSpelled = (reply: readonly number[], begun = false) =>
  divide(new ReplyParts(pip, spelled, begun), reply);

test("a model reasons if its vocabulary or its template has the marks", () => {
  expect(marks?.ids).toEqual({ open, close });
  expect(spelled).toEqual({ open: "<think>", close: "</think>" });
  expect(reasoningMarks(pip, ["<|im_start|>assistant\n<think>\n"])).toEqual(spelled);
  expect(reasoningMarks(pip, ["<|im_start|>assistant\n"])).toBeUndefined();
});

describe("RP1: reasoning is between the marks at the beginning", () => {
  test("whether the model has written the first mark or the template has", () => {
    const thought = [...ids("\nHm, a cow.\n"), close, ...ids("\n\n")];
    const answer = ids("Moo.");
    for (const [reply, begun] of [
      [[open, ...thought], false],
      [[...ids("\n"), open, ...thought], false],
      [thought, true],
    ] as const)
      expect(reason([...reply, ...answer], begun)).toEqual({
        reasoning: "Hm, a cow.",
        text: "Moo.",
        reasoningIds: reply,
        textIds: answer,
      });
  });

  test("a reply that is cut short has its reasoning alone", () => {
    const reply = [open, ...ids("Hm, a")];
    expect(reason(reply)).toMatchObject({ reasoning: "Hm, a", text: "", textIds: [] });
    expect(reason([...reply, close, ...ids("\n")])).toMatchObject({ reasoning: "Hm, a", text: "" });
    expect(reason([open])).toMatchObject({ reasoning: "", text: "" });
  });

  test("marks that come later are text", () => {
    const reply = [...ids("Write "), open, ...ids("so"), close, ...ids("!")];
    const text = "Write <think>so</think>!";
    expect(reason(reply)).toEqual({ reasoning: "", text, reasoningIds: [], textIds: reply });
    const again = [open, ...ids("Hm"), close, ...reply];
    expect(reason(again)).toMatchObject({ reasoning: "Hm", text, textIds: reply });
  });

  test("letters of a mark are none where the vocabulary has the mark", () => {
    const reply = [open, ...ids("so </think> it says"), close, ...ids("Moo")];
    expect(reason(reply)).toMatchObject({ reasoning: "so </think> it says", text: "Moo" });
    expect(reason(ids("<think>a</think>b"))).toMatchObject({ text: "<think>a</think>b" });
  });

  test("a model that does not reason has text only, whatever it writes", () => {
    const reply = ids("<think>a</think>b", pip);
    const parts = divide(new ReplyParts(pip, undefined, false), reply);
    const text = "<think>a</think>b";
    expect(parts).toEqual({ reasoning: "", text, reasoningIds: [], textIds: reply });
  });
});

describe("marks in ordinary tokens", () => {
  const thought = "\nHm, 2 < 3 </ thin.\n</think>\n\n";

  test("are found wherever their letters are cut into tokens", () => {
    const expected = { reasoning: "Hm, 2 < 3 </ thin.", text: "Moo." };
    const answer = ids("Moo.", pip);
    for (const [start, begun] of [
      [`<think>${thought}`, false],
      [` \n<think>${thought}`, false],
      [thought, true],
    ] as const) {
      const whole = ids(start, pip);
      const letters = Array.from(start, (letter) => ids(letter, pip)).flat();
      for (const reasoningIds of [whole, letters])
        expect(reasonSpelled([...reasoningIds, ...answer], begun)).toEqual({
          ...expected,
          reasoningIds,
          textIds: answer,
        });
    }
  });

  test("are none until they are complete", () => {
    const cut = reasonSpelled(ids("<think>Hm</thi", pip));
    expect(cut).toMatchObject({ reasoning: "Hm</thi", text: "" });
    for (const text of ["<thi", "<thinking>", "Moo <think>a</think>", " \n "])
      expect(reasonSpelled(ids(text, pip))).toMatchObject({ reasoning: "", text });
  });
});

test("RP2, RP3: white space around reasoning is dropped, and text decodes on its own", () => {
  fc.assert(
    fc.property(unicodeText, unicodeText, fc.boolean(), (thought, text, begun) => {
      const start = [...(begun ? [] : [open]), ...ids(thought), close, ...ids("\n\n")];
      const parts = reason([...start, ...ids(text)], begun);
      expect(parts.reasoning).toBe(thought.trim());
      expect(text.endsWith(parts.text)).toBe(true);
      expect(text.trimStart().startsWith(parts.text.trimStart())).toBe(true);
      expect(thinking.decode(parts.textIds ?? [])).toBe(parts.text);
    }),
  );
});

test("RP3: SentencePiece strips the space before the text, as it does when its tokens are alone", () => {
  const tinyMarks = reasoningMarks(tiny, ["</think>"]);
  const parts = new ReplyParts(tiny, tinyMarks, true);
  const reply = tiny.encodeText("a</think> hi");
  const { text, textIds } = divide(parts, reply);
  expect(text).toBe("hi");
  expect(textIds && tiny.decode(textIds)).toBe("hi");
});

test("a header that ends with the first mark begins the reasoning", () => {
  const header = ids("assistant\n");
  expect(beginsInReasoning(thinking, marks, [...header, open, ...ids("\n")])).toBe(true);
  expect(beginsInReasoning(thinking, marks, [...header, open])).toBe(true);
  expect(beginsInReasoning(thinking, marks, header)).toBe(false);
  const skipped = [...header, open, ...ids("\n\n"), close, ...ids("\n\n")];
  expect(beginsInReasoning(thinking, marks, skipped)).toBe(false);
  expect(beginsInReasoning(pip, spelled, ids("assistant\n<think>\n", pip))).toBe(true);
  expect(beginsInReasoning(pip, undefined, ids("assistant\n<think>\n", pip))).toBe(false);
});
