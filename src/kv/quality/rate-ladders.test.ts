import { expect, test } from "vitest";
import { EXACT_CODEC } from "../codecs/exact/exact-family.ts";
import { endRate, ladderOf, safeRate } from "./rate-ladders.ts";

test("the end of a transformed conversation is an eighth as coarse, where there is such a step", () => {
  expect(endRate("transform-43")).toBe("transform-5");
  expect(endRate("transform-60")).toBe("transform-7");
  expect(endRate("transform-120")).toBe("transform-15");
  expect(endRate("transform-25")).toBe("transform-3");
  expect(endRate("transform-20")).toBe("int8");
  const ladder = ladderOf("transform-60");
  for (const rate of ladder.rates.slice(0, -14))
    expect(ladder.expectedKl(endRate(rate) ?? "")).toBeLessThan(ladder.expectedKl(rate) / 20);
});

test("the end of one in bits, and of one as it is, has the safe rate", () => {
  expect(safeRate()).toBe("int8");
  for (const rate of ["int4", "int2", EXACT_CODEC]) expect(endRate(rate)).toBe("int8");
});
