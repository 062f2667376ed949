import { expect, test } from "vitest";
import { isFitDue, isLearned } from "./fit-schedule.ts";

test("FS1: the first basis takes one chunk", () => {
  expect(isFitDue(123, undefined)).toBe(false);
  expect(isFitDue(124, undefined)).toBe(true);
});

test("FS2: later ones take 1,500 tokens, and then three times as many", () => {
  expect(isFitDue(1499, 124)).toBe(false);
  expect(isFitDue(1500, 124)).toBe(true);
  expect(isFitDue(1500, 600)).toBe(false);
  expect(isFitDue(1800, 600)).toBe(true);
  expect(isFitDue(4499, 1500)).toBe(false);
  expect(isFitDue(4500, 1500)).toBe(true);
});

test("FS3: learning ends, after few bases", () => {
  const fitted: number[] = [];
  for (let tokens = 0; tokens < 1e6; tokens += 100)
    if (isFitDue(tokens, fitted.at(-1))) fitted.push(tokens);
  expect(fitted).toEqual([200, 1500, 4500, 13_500, 40_500]);
  expect(fitted.map(isLearned)).toEqual([false, false, false, false, true]);
});
