import { describe, expect, test } from "vitest";
import { layerDistances } from "./attention-similarity.ts";

/** G of layers given as vectors. */
function gramOf(layers: readonly (readonly number[])[]): Float64Array {
  const products = layers.flatMap((a) =>
    layers.map((b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0)),
  );
  return Float64Array.from(products);
}

describe("layerDistances", () => {
  test("are Euclidean", () => {
    const gram = gramOf([
      [1, 0, 0],
      [0, 1, 0],
      [1, 3, 4],
    ]);
    const [ab, ac, bc] = [Math.SQRT2, 5, Math.sqrt(1 + 4 + 16)];
    expect([...layerDistances(gram)]).toEqual([0, ab, ac, ab, 0, bc, ac, bc, 0]);
  });

  test("are symmetric, and 0 on the diagonal, whatever the rounding", () => {
    const layers = Array.from({ length: 7 }, (_, i) =>
      Array.from({ length: 50 }, (__, p) => Math.abs(Math.sin(i * 31 + p * p)) / 50),
    );
    const distances = layerDistances(gramOf(layers));
    for (let i = 0; i < 7; i++) {
      expect(distances[i * 7 + i]).toBe(0);
      for (let j = 0; j < 7; j++) expect(distances[i * 7 + j]).toBe(distances[j * 7 + i]);
    }
  });

  test("are 0 between equal layers, not NaN where rounding leaves less", () => {
    const below = 1 - 2 ** -40;
    expect([...layerDistances(Float64Array.of(below, 1, 1, below))]).toEqual([0, 0, 0, 0]);
  });

  test("refuse what is no square", () => {
    expect(() => layerDistances(new Float64Array(3))).toThrow("3 sums are no square");
  });
});
