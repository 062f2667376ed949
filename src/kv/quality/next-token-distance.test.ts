import { expect, test } from "vitest";
import { nextTokenDistance } from "./next-token-distance.ts";

const logits = (...probabilities: number[]) =>
  Float32Array.from(probabilities, (p) => Math.log(p) + 7);

test("equal distributions are no distance apart, however their logits are shifted", () => {
  const a = Float32Array.of(100, 101, 99);
  expect(nextTokenDistance(a, a)).toEqual({ kl: 0, sameTop: true, flippedGap: 0 });
  expect(
    nextTokenDistance(
      a,
      a.map((logit) => logit - 50),
    ).kl,
  ).toBeCloseTo(0, 6);
});

test("KL is of the expected distribution, in nats", () => {
  const distance = nextTokenDistance(logits(0.5, 0.25, 0.25), logits(0.25, 0.5, 0.25));
  expect(distance.kl).toBeCloseTo(0.5 * Math.log(2) - 0.25 * Math.log(2), 6);
  expect(distance.sameTop).toBe(false);
});

test("a flip is as large as the expected distribution's preference for its own likeliest token", () => {
  const { flippedGap } = nextTokenDistance(logits(0.5, 0.2, 0.3), logits(0.1, 0.8, 0.1));
  expect(flippedGap).toBeCloseTo(Math.log(0.5) - Math.log(0.2), 6);
});

test("what is impossible in both counts as nothing", () => {
  expect(nextTokenDistance(logits(0.5, 0.5, 1e-30), logits(0.5, 0.5, 1e-30)).kl).toBeCloseTo(0, 6);
});

test("logits that are no numbers are no distance", () => {
  expect(nextTokenDistance(logits(0.5, 0.5), Float32Array.of(NaN, 0)).kl).toBeNaN();
});
