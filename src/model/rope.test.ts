import { expect, test } from "vitest";
import { ropeFrequencies } from "./rope.ts";

test("plain RoPE: theta to the power of -2d/D", () => {
  const frequencies = ropeFrequencies({ headDim: 4, rope: { theta: 10_000, scaling: null } });
  expect(frequencies).toEqual([1, 0.01]);
});

test("factors divide the frequencies", () => {
  const scaling = { type: "factors" as const, factors: [1, 4] };
  const frequencies = ropeFrequencies({ headDim: 4, rope: { theta: 10_000, scaling } });
  expect(frequencies).toEqual([1, 0.0025]);
});

test("Llama 3's stretching keeps fast pairs, slows slow ones by the factor, blends between", () => {
  const scaling = {
    type: "llama3" as const,
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalContextTokens: 8192,
  };
  const plain = ropeFrequencies({ headDim: 64, rope: { theta: 500_000, scaling: null } });
  const ratios = ropeFrequencies({ headDim: 64, rope: { theta: 500_000, scaling } }).map(
    (frequency, d) => frequency / (plain[d] ?? NaN),
  );
  expect(ratios[0]).toBe(1);
  expect(ratios[31]).toBeCloseTo(1 / 8, 12);
  // 8192 positions make 2.5 turns at this frequency, which is half way between one turn and four.
  const halfWay = (2.5 * 2 * Math.PI) / 8192;
  const theta = halfWay ** -2; // the second of two pairs: theta^(-2/4)
  const [, blended] = ropeFrequencies({ headDim: 4, rope: { theta, scaling } });
  expect((blended ?? NaN) / halfWay).toBeCloseTo((1 + 1 / 8) / 2, 12);
  expect(ratios).toEqual(ratios.toSorted((a, b) => b - a));
});
