import { expect, test } from "vitest";
import { durationWords, numberWords, speedWords } from "./number-words.ts";

test.each([
  [45.4, "45 ms"],
  [410, "0.4 s"],
  [9_960, "10 s"],
  [12_300, "12 s"],
  [59_800, "1 min"],
  [180_000, "3 min"],
  [7_200_000, "2 h"],
])("%f ms are %s", (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test("numbers are grouped, and speeds have a digit where it says something", () => {
  expect(numberWords(1664)).toBe("1,664");
  expect(speedWords(31.54)).toBe("31.5");
  expect(speedWords(140.2)).toBe("140");
});
