import { expect, test } from "vitest";
import { nextTokenDistance } from "./next-token-distance.ts";

const logits = (...probabilities: number[]) =>
  Float32Array.from(probabilities, (p) => Math.log(p) + 7);

test("equal distributions are no distance apart, however their logits are shifted", () => {
  const a = Float32Array.of(100, 101, 99);
  expect(nextTokenDistance(a, a)).toEqual({ kl: 0, sameTop: true });
  expect(
    nextTokenDistance(
      a,
      a.map((logit) => logit - 50),
    ).kl,
  ).toBeCloseTo(0, 6);
});

test("KL is of the expected distribution, in nats", () => {
  const { kl, sameTop } = nextTokenDistance(logits(0.5, 0.25, 0.25), logits(0.25, 0.5, 0.25));
  expect(kl).toBeCloseTo(0.5 * Math.log(2) - 0.25 * Math.log(2), 6);
  expect(sameTop).toBe(false);
});

test("what is impossible in both counts as nothing", () => {
  expect(nextTokenDistance(logits(0.5, 0.5, 1e-30), logits(0.5, 0.5, 1e-30)).kl).toBeCloseTo(0, 6);
});

test("logits that are no numbers are no distance", () => {
  expect(nextTokenDistance(logits(0.5, 0.5), Float32Array.of(NaN, 0)).kl).toBeNaN();
});
