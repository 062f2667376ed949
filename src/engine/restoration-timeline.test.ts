import { expect, test } from "vitest";
import { bubbleRatioOf } from "./restoration-timeline.ts";

const busy = (startMs: number, endMs: number) => ({ startMs, endMs });

test("two streams that work to the end leave no bubble", () => {
  expect(bubbleRatioOf([busy(5, 15)], [busy(5, 9), busy(9, 15)])).toBe(0);
});

test("one that does it all leaves the other idle throughout", () => {
  expect(bubbleRatioOf([busy(0, 10)], [])).toBe(1);
  expect(bubbleRatioOf([], [busy(0, 10)])).toBe(1);
});

test("what either idles counts, over the time that both take", () => {
  expect(bubbleRatioOf([busy(0, 10)], [busy(2, 4), busy(6, 8)])).toBeCloseTo(0.6);
  expect(bubbleRatioOf([busy(0, 5)], [busy(0, 10)])).toBeCloseTo(0.5);
});

test("nothing that was done has no bubbles", () => {
  expect(bubbleRatioOf([], [])).toBe(0);
  expect(bubbleRatioOf([busy(1, 1)], [])).toBe(0);
});
