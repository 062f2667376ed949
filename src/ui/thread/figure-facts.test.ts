import { expect, test } from "vitest";
import { figureFacts } from "./figure-facts.ts";

const counts = { promptTokens: 1690, prefilledTokens: 26, generatedTokens: 121 };
const resumed = { tokens: 1664, loadedTokens: 1536, ms: 45, rereadMs: 400 };
const factsOf = (figures: Parameters<typeof figureFacts>[0]) =>
  Object.fromEntries(figureFacts(figures).map(({ name, value }) => [name, value]));

test("an answer says what was in place, what was resumed, and how fast it came", () => {
  expect(factsOf({ ...counts, ttftMs: 310, decodeMs: 4000, resumed })).toEqual({
    Memory: "1,664 of 1,690 tokens were in place, 26 were read",
    Resumed: "1,664 tokens in 45 ms; reading them again: 0.4 s",
    "First word": "after 0.3 s",
    Written: "121 tokens, 30 tokens/s",
  });
});

test("what is not known is not said", () => {
  expect(factsOf({ ...counts, prefilledTokens: 1690, generatedTokens: 1, decodeMs: 0 })).toEqual({
    Memory: "All 1,690 tokens were read",
    Written: "1 token",
  });
});

test("what was computed again was not resumed from anywhere", () => {
  const computed = { ...resumed, loadedTokens: 0, ms: 380 };
  expect(factsOf({ ...counts, resumed: computed })["Resumed"]).toBe(
    "1,664 tokens read again in 0.4 s",
  );
});
