import { expect, test } from "vitest";
import { asSettings, MAX_SYSTEM_PROMPT, samplingOf } from "./conversation-settings.ts";

const ALL = {
  systemPrompt: "Be brief.",
  temperature: 0,
  topP: 0.9,
  repetitionPenalty: 1.1,
  maxTokens: 512,
};

test("settings that are possible stay as they are", () => {
  expect(asSettings(ALL)).toEqual(ALL);
  expect(asSettings({ ...ALL, another: 1 })).toEqual(ALL);
});

test.each([
  [null],
  ["hot"],
  [[]],
  [{}],
  [{ systemPrompt: " \n" }],
  [{ systemPrompt: 5, temperature: "1", topP: NaN, maxTokens: 1.5 }],
  [{ temperature: -1, topP: 0, repetitionPenalty: 0.5, maxTokens: 0 }],
  [{ temperature: 2.1, topP: 1.1, repetitionPenalty: Infinity, maxTokens: 1e9 }],
  [JSON.parse('{"__proto__":{"temperature":1}}') as unknown],
])("impossible ones are left out: %j", (value) => {
  expect(asSettings(value)).toBeUndefined();
});

test("a system prompt is bounded", () => {
  expect(asSettings({ systemPrompt: "x".repeat(1e6) })?.systemPrompt).toHaveLength(
    MAX_SYSTEM_PROMPT,
  );
});

test("what chooses tokens is what an engine takes", () => {
  const { systemPrompt, ...sampling } = ALL;
  expect(systemPrompt).toBeDefined();
  expect(samplingOf(ALL)).toEqual(sampling);
  expect(samplingOf({})).toEqual({});
});
