import { expect, test } from "vitest";
import { nextTokenDistance } from "../../kv/quality/next-token-distance.ts";
import { exactDistribution, percentile, summarise, tokenLoss } from "./token-losses.ts";

test("the KL is that of two softmax distributions", () => {
  const [exact, stored] = [Float32Array.of(1, 3, -2, 0.5), Float32Array.of(0.5, 3.2, -1, 1)];
  const { kl } = tokenLoss(exactDistribution(exact), stored);
  expect(kl).toBeCloseTo(nextTokenDistance(exact, stored).kl, 6);
  // Probabilities are kept in f32.
  const same = tokenLoss(exactDistribution(exact), exact);
  expect(same.kl).toBeLessThan(1e-6);
  expect(same.flipGap).toBe(0);
});

test("a flip's gap is between the exact likeliest token and the one that became likeliest", () => {
  const exact = exactDistribution(Float32Array.of(2, 1.75, 0));
  expect(tokenLoss(exact, Float32Array.of(1, 2, 0)).flipGap).toBeCloseTo(0.25, 6);
  expect(tokenLoss(exact, Float32Array.of(1, 0, 4)).flipGap).toBeCloseTo(2, 6);
});

test("near-ties flip without counting beyond a margin", () => {
  const gaps = [0, 0.05, 0.2, 3];
  const summary = summarise(gaps.map((flipGap) => ({ kl: flipGap, flipGap })));
  expect(summary).toMatchObject({ positions: 4, top1: 0.25, flips: [0.75, 0.5, 0.25, 0.25] });
  expect(summary.meanKl).toBeCloseTo(0.8125, 9);
});

test("a percentile lies on the line between its neighbours", () => {
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([0, 10], 0.95)).toBeCloseTo(9.5, 9);
  expect(percentile([7], 0.95)).toBe(7);
});
