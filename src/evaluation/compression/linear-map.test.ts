import { describe, expect, test } from "vitest";
import { applyLinearMap, fitLinearMap, type LinearMap } from "./linear-map.ts";

/** Random numbers from -scale to scale. */
function randomValues(seed: number, count: number, scale = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}

const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);
const norm = (a: number[]) => Math.sqrt(dot(a, a));
const minus = (a: number[], b: number[]) => a.map((x, i) => x - (b[i] ?? NaN));

describe("a linear map", () => {
  /** A map from three inputs to two outputs. */
  const weights = Float32Array.of(1, 2, -0.5, 0, 3, -1);
  const MAP: LinearMap = { weights, bias: Float32Array.of(10, -20) };
  const sample = (seed: number, tokens: number) => {
    const inputs = Float32Array.from(randomValues(seed, tokens * 3));
    return { tokens, inputs, outputs: applyLinearMap(MAP, inputs) };
  };

  test("that made the partner is found", () => {
    expect([...applyLinearMap(MAP, Float32Array.of(1, 0, 0, 0, 2, 1))]).toEqual([11, -18, 12, -21]);
    const fitted = fitLinearMap([sample(1, 30), sample(2, 20)], 1e-9);
    fitted.weights.forEach((weight, i) => expect(weight).toBeCloseTo(MAP.weights[i] ?? NaN, 5));
    fitted.bias.forEach((bias, i) => expect(bias).toBeCloseTo(MAP.bias[i] ?? NaN, 5));
  });

  test("of noisy outputs leaves nothing that an input explains, and is flatter with a ridge", () => {
    const { tokens, inputs, outputs } = sample(3, 200);
    const noise = randomValues(9, 400, 0.5);
    const noisy = outputs.map((y, i) => y + (noise[i] ?? NaN));
    const fit = (ridge: number) => fitLinearMap([{ tokens, inputs, outputs: noisy }], ridge);
    const missed = minus([...noisy], [...applyLinearMap(fit(0), inputs)]);
    const of = (values: ArrayLike<number>, channel: number, channels: number) =>
      Array.from({ length: tokens }, (_, n) => values[n * channels + channel] ?? NaN);
    for (const input of [0, 1, 2])
      expect(dot(of(inputs, input, 3), of(missed, input % 2, 2))).toBeCloseTo(0, 3);
    const steepness = [0, 0.1, 10, 1e9].map((ridge) => norm([...fit(ridge).weights]));
    expect(steepness).toEqual(steepness.toSorted((a, b) => b - a));
    expect(steepness.at(-1)).toBeCloseTo(0, 6);
  });

  test("of inputs that depend on each other needs a ridge; of constant ones it is the mean", () => {
    const outputs = Float32Array.of(3, 6, -3);
    const dependent = { tokens: 3, inputs: Float32Array.of(1, 2, 2, 4, -1, -2), outputs };
    expect(() => fitLinearMap([dependent], 0)).toThrow("add a ridge");
    const fitted = applyLinearMap(fitLinearMap([dependent], 1e-9), dependent.inputs);
    expect(largest(minus([...fitted], [...outputs]).map(Math.abs))).toBeLessThan(1e-5);
    const { weights: flat, bias } = fitLinearMap([{ ...dependent, inputs: new Float32Array(6) }]);
    expect([...flat, ...bias]).toEqual([0, 0, 2]);
    expect(() => fitLinearMap([])).toThrow("needs tokens");
  });
});
