import { expect, test } from "vitest";
import { EngineError } from "../shared/engine-error.ts";
import { JsonReader } from "../shared/json-reader.ts";
import { refuseRunawaySteps } from "./refuse-runaway-steps.ts";

const SOURCE = "https://models.test/tokenizer.json";

function detailOf(step: unknown): string | undefined {
  try {
    refuseRunawaySteps(JsonReader.ofTexts({ step }, SOURCE), "step");
  } catch (error) {
    if (error instanceof EngineError && error.failure.code === "model-invalid")
      return error.failure.detail;
    throw error;
  }
  return undefined;
}

const split = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated" });
const sequence = (...normalizers: unknown[]) => ({ type: "Sequence", normalizers });
const replace = (from: object, content: string) => ({ type: "Replace", pattern: from, content });

test.each([
  // The first four are those of GPT-2, Llama 3, GPT-4o and DeepSeek.
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`\(+[)]*\)+`,
])("the pattern %s is as published ones are", (regex) => {
  expect(detailOf(split(regex))).toBeUndefined();
});

test.each(["(a+)+$", "(a|a)*b", "(?:a?){1000}a", String.raw`(\)|\))+`, "((a)*?b)", "([)]a)+"])(
  "RS1: %s is refused, however deep",
  (regex) => {
    const detail = "step has a pattern that repeats a group";
    expect(detailOf(split(regex))).toBe(detail);
    expect(detailOf({ type: "Sequence", pretokenizers: [sequence(split(regex))] })).toBe(detail);
  },
);

test("RS2: a long pattern is refused", () => {
  expect(detailOf(split("a|".repeat(4097)))).toBe("step has a pattern of more than 8192 letters");
});

test("RS3: what makes a text grow is refused, and what all do is taken together", () => {
  const detail = "step makes a text more than 32 times as long";
  const double = replace({ String: "a" }, "aa");
  expect(detailOf(sequence(...new Array<unknown>(64).fill(double)))).toBe(detail);
  expect(detailOf(replace({ String: "a" }, "a".repeat(33)))).toBe(detail);
  expect(detailOf(replace({ Regex: "" }, "a".repeat(33)))).toBe(detail);
  expect(detailOf(replace({ String: "" }, "a".repeat(33)))).toBe(detail);
  expect(detailOf(sequence(...new Array<unknown>(5).fill(double)))).toBeUndefined();
  expect(detailOf(replace({ String: " " }, "\u2581"))).toBeUndefined();
});

test.each([null, 3, "x", [], { type: "NFC" }, { normalizers: 3 }, { pattern: 3 }])(
  "%j has nothing to refuse",
  (step) => {
    expect(detailOf(step)).toBeUndefined();
  },
);
