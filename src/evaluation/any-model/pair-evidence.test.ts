import { expect, test } from "vitest";
import { encodeFloats } from "../../shared/number-formats.ts";
import { pairEvidence } from "./pair-evidence.ts";

test("layers that point the same way lose nothing, and orthogonal ones more than half", () => {
  const shape = { kvHeads: 1, headDim: 2 };
  // One token: its keys are parallel in the two layers, its values are orthogonal.
  const layers = [
    [1, 2, 3, 0],
    [2, 4, 0, 5],
  ].map((row) => encodeFloats(Float32Array.from(row), "f16"));
  const [pair] = pairEvidence({ tokens: [7], layers }, shape, [{ keep: 0, share: 1 }]);
  expect(pair?.keyCosine).toBeCloseTo(1, 6);
  expect(pair?.keyError).toBeCloseTo(0, 6);
  expect(pair?.valueCosine).toBeCloseTo(0, 6);
  expect(pair?.valueError).toBeCloseTo(2 - Math.SQRT2, 6);
});
