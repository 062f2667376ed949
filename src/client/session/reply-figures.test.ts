import { expect, test } from "vitest";
import { summary } from "../testing-engine.ts";
import { figuresOf } from "./reply-figures.ts";

test("what a reply took is stored in whole milliseconds", () => {
  const resumed = { tokens: 2, loadedTokens: 2, ms: 1, rereadMs: 9 };
  const counts = { promptTokens: 3, prefilledTokens: 3, generatedTokens: 2 };
  expect(figuresOf(summary("Hi", { ttftMs: 5.2, decodeMs: 0.6, resumed }))).toEqual({
    figures: { ...counts, ttftMs: 5, decodeMs: 1, resumed },
  });
  expect(figuresOf(summary("Hi"))).toEqual({ figures: counts });
});

test("a turn that was cancelled before it ran anything has no figures", () => {
  expect(figuresOf(summary("", { promptTokens: 0 }))).toEqual({});
});
