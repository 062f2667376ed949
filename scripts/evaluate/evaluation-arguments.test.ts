import { expect, test } from "vitest";
import { ALL_TEXTS, EVALUATE_USAGE, evaluationArguments } from "./evaluation-arguments.ts";

test("a model is enough, and everything is measured then", () => {
  const { chats, ...rest } = evaluationArguments(["--model", "a.gguf"]);
  expect(chats).toMatch(/calibration\.jsonl$/);
  expect(rest).toEqual({
    model: "a.gguf",
    only: "(?:)",
    kinds: "(?:)",
    texts: ALL_TEXTS,
    document: false,
  });
});

test("schemes, kinds and the number of texts can be chosen", () => {
  const args = [
    "--model",
    "a.gguf",
    "--chats",
    "b.jsonl",
    "--only",
    "int[34]",
    "--kinds",
    "code",
    "--texts",
    "2",
    "--document",
  ];
  expect(evaluationArguments(args)).toEqual({
    model: "a.gguf",
    chats: "b.jsonl",
    only: "int[34]",
    kinds: "code",
    texts: 2,
    document: true,
  });
});

test("what is wrong is said in a sentence", () => {
  const refusal = (...args: string[]) => expect(() => evaluationArguments(args));
  refusal().toThrow(EVALUATE_USAGE);
  refusal("--model", "a.gguf", "--colour", "red").toThrow(EVALUATE_USAGE);
  refusal("--model", "a.gguf", "--only", "(").toThrow("--only takes a regular expression");
  refusal("--model", "a.gguf", "--texts", "none").toThrow("--texts takes a number of texts");
  refusal("--model", "a.gguf", "--device", "abacus").toThrow('not on "abacus"');
});
