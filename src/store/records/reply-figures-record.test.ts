import { expect, test } from "vitest";
import { asFigures } from "./reply-figures-record.ts";

const counts = { promptTokens: 1690, prefilledTokens: 26, generatedTokens: 120 };
const resumed = { tokens: 1664, loadedTokens: 1536, ms: 45, rereadMs: 400 };
const figures = { ...counts, ttftMs: 70, decodeMs: 4000, resumed };

test("figures are read as they were stored, and nothing besides", () => {
  expect(asFigures(figures)).toEqual(figures);
  expect(asFigures({ ...counts, secret: 1 })).toEqual(counts);
});

test.each([
  undefined,
  null,
  [],
  "figures",
  { ...counts, promptTokens: -1 },
  { ...counts, promptTokens: 25 },
  { ...counts, generatedTokens: 0.5 },
  { ...counts, prefilledTokens: "26" },
])("counts that cannot be are no figures: %j", (value) => {
  expect(asFigures(value)).toBeUndefined();
});

test.each([{ ttftMs: NaN }, { decodeMs: -1 }, { resumed: 5 }])("%j is left out", (change) => {
  const [name = ""] = Object.keys(change);
  expect(asFigures({ ...figures, ...change })).toEqual({ ...figures, [name]: undefined });
});

test.each([{ tokens: 5 }, { loadedTokens: -1 }, { ms: Infinity }, { rereadMs: "0" }])(
  "a resumption with %j is none",
  (change) => {
    const read = asFigures({ ...figures, resumed: { ...resumed, ...change } });
    expect(read).toEqual({ ...figures, resumed: undefined });
  },
);
