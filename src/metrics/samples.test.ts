import { expect, test } from "vitest";
import { measureInTurns, median, medianRatio, summarize } from "./samples.ts";

test("summarize sorts by value, not as text, and leaves its input alone", () => {
  const samples = [9, 100, 30];
  expect(summarize(samples)).toEqual({
    count: 3,
    minMs: 9,
    medianMs: 30,
    maxMs: 100,
    spread: 91 / 30,
  });
  expect(samples).toEqual([9, 100, 30]);
});

test("median takes the mean of the two middle samples when they are even, and NaN of none", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test("measureInTurns runs every candidate once a round, in alternating order, after the warm-up", async () => {
  const order: string[] = [];
  const candidates = {
    a: () => order.push("a"),
    b: async () => {
      await Promise.resolve();
      order.push("b");
    },
  };
  const samples = await measureInTurns(candidates, { rounds: 2, warmups: 1 });

  expect(order.join("")).toBe("ba" + "ab" + "ba");
  expect(samples.a).toHaveLength(2);
  expect(samples.b).toHaveLength(2);
});

test("measureInTurns times each candidate by itself", async () => {
  let clockMs = 0;
  const takes = (ms: number) => () => void (clockMs += ms);
  const samples = await measureInTurns(
    { quick: takes(2), slow: takes(50) },
    { rounds: 3, now: () => clockMs },
  );
  expect(samples).toEqual({ quick: [2, 2, 2], slow: [50, 50, 50] });
});

test("medianRatio compares within a round, so a drift over rounds cancels", () => {
  expect(medianRatio([20, 40, 80], [10, 20, 40])).toBe(2);
});
