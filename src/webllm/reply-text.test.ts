import fc from "fast-check";
import { expect, test } from "vitest";
import { ReplyText } from "./reply-text.ts";

interface Terms {
  stops?: string[];
  begun?: boolean;
}

/** Runs a reply that comes in these pieces, and joins what came of it. */
function divide(pieces: readonly string[], { stops = [], begun = false }: Terms = {}) {
  const reply = new ReplyText({ stops, beginsInReasoning: begun });
  const told = [...pieces.map((piece) => reply.push(piece)), reply.flush()];
  const joined = {
    reasoning: told.map(({ reasoning }) => reasoning).join(""),
    text: told.map(({ text }) => text).join(""),
  };
  expect(joined).toEqual({ reasoning: reply.reasoning, text: reply.text });
  return { ...joined, isWhole: reply.isWhole, isStopped: reply.isStopped };
}

test.each<[string, Terms | undefined, { reasoning: string; text: string; isWhole: boolean }]>([
  ["Moo.", undefined, { reasoning: "", text: "Moo.", isWhole: true }],
  [" \nMoo.\n", undefined, { reasoning: "", text: " \nMoo.\n", isWhole: true }],
  ["", undefined, { reasoning: "", text: "", isWhole: true }],
  [
    "\n<think>\nHm, a cow.\n</think>\n\nMoo.",
    undefined,
    { reasoning: "Hm, a cow.", text: "Moo.", isWhole: false },
  ],
  ["<think></think>Moo.", undefined, { reasoning: "", text: "Moo.", isWhole: true }],
  ["Hm.\n</think> Moo.", { begun: true }, { reasoning: "Hm.", text: "Moo.", isWhole: false }],
  ["<think>Hm, <thi", undefined, { reasoning: "Hm, <thi", text: "", isWhole: false }],
  [
    "Moo <think>no</think>",
    undefined,
    { reasoning: "", text: "Moo <think>no</think>", isWhole: true },
  ],
  ["<thin ice", undefined, { reasoning: "", text: "<thin ice", isWhole: true }],
])("RT1, RT2: %j, in whatever pieces it comes", (reply, terms, expected) => {
  for (let size = 1; size <= Math.max(1, reply.length); size++) {
    const pieces = reply.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(divide(pieces, terms)).toMatchObject(expected);
  }
});

test("RT3: the text ends before the first stop string, which the reasoning may contain", () => {
  const stops = ["END", "STOP"];
  const reply = "<think>END</think>One STO END two STOP";
  for (let size = 1; size <= reply.length; size++) {
    const pieces = reply.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(divide(pieces, { stops })).toEqual({
      reasoning: "END",
      text: "One STO ",
      isWhole: false,
      isStopped: true,
    });
  }
});

test("RT4: nothing is told that is taken back, and everything is told in the end", () => {
  const pieces = fc.array(fc.constantFrom("a", " ", "<think>", "</think>", "<", "ST", "OP", "\n"));
  fc.assert(
    fc.property(pieces, fc.boolean(), (reply, begun) => {
      const stops = ["STOP"];
      const inPieces = divide(reply, { stops, begun });
      expect(divide([reply.join("")], { stops, begun })).toEqual(inPieces);
      expect(inPieces.text).not.toContain("STOP");
      expect(inPieces.reasoning).toBe(inPieces.reasoning.trim());
    }),
  );
});
