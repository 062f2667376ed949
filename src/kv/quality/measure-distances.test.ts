import { describe, expect, test } from "vitest";
import { measureDistances, NEAR_TIE_NATS, summarize } from "./measure-distances.ts";

const logits = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);
const same = (kl: number) => ({ kl, sameTop: true, flippedGap: 0 });
const flipped = (flippedGap: number) => ({ kl: 0, sameTop: false, flippedGap });

test("the same logits are no distance", () => {
  const exact = [logits(0.5, 0.5), logits(0.1, 0.9)];
  expect(measureDistances(exact, exact)).toEqual({ meanKl: 0, p95Kl: 0, flips: 0, top1: 1 });
});

test("KL counts by its mean and by its 95th percentile", () => {
  // 20 positions: the 19th smallest is the 95th percentile, and the largest is beyond it.
  const distances = Array.from({ length: 20 }, (_, i) => same(19 - i));
  const { meanKl, p95Kl } = summarize(distances);
  expect(meanKl).toBe(9.5);
  expect(p95Kl).toBe(18);
  expect(summarize([same(3)])).toMatchObject({ meanKl: 3, p95Kl: 3 });
});

describe("another likeliest token", () => {
  test("is a flip only where the exact cache clearly preferred its own", () => {
    const { flips, top1 } = summarize([
      same(0),
      flipped(NEAR_TIE_NATS),
      flipped(NEAR_TIE_NATS + 0.01),
      flipped(5),
    ]);
    expect(flips).toBe(0.5);
    expect(top1).toBe(0.25);
  });

  test("is measured by the exact distribution, not by the candidate's", () => {
    const nearTie = [logits(0.5, 0.45, 0.05)];
    const clear = [logits(0.6, 0.35, 0.05)];
    const turned = [logits(0.05, 0.9, 0.05)];
    expect(measureDistances(nearTie, turned)).toMatchObject({ flips: 0, top1: 0 });
    expect(measureDistances(clear, turned)).toMatchObject({ flips: 1, top1: 0 });
  });
});

test("logits that are not numbers hold no budget", () => {
  const { meanKl } = measureDistances([logits(0.5, 0.5)], [Float32Array.of(NaN, 0)]);
  expect(meanKl).toBeNaN();
  expect(summarize([{ kl: NaN, sameTop: false, flippedGap: NaN }]).flips).toBe(1);
});

test("what was measured at no position, or at others, is refused", () => {
  expect(() => summarize([])).toThrow("nothing was measured");
  expect(() => measureDistances([logits(1)], [])).toThrow("same tokens");
});
