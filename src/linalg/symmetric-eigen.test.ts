import { describe, expect, test } from "vitest";
import { seededRandom } from "./matrix.ts";
import { finish } from "./stepped-work.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

function randomSymmetric(size: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const value = random();
      matrix[row * size + column] = value;
      matrix[column * size + row] = value;
    }
  return matrix;
}

/** The largest number of V A Vᵀ - diag(values), and of V Vᵀ - I. */
function residuals(matrix: Float64Array, size: number) {
  const { values, vectors } = finish(symmetricEigen(matrix, size));
  const at = (m: Float64Array, row: number, column: number) => m[row * size + column] ?? NaN;
  let [apart, skewed] = [0, 0];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let [product, inner] = [0, 0];
      for (let k = 0; k < size; k++) {
        inner += at(vectors, i, k) * at(vectors, j, k);
        let row = 0;
        for (let l = 0; l < size; l++) row += at(matrix, k, l) * at(vectors, j, l);
        product += at(vectors, i, k) * row;
      }
      apart = Math.max(apart, Math.abs(product - (i === j ? (values[i] ?? NaN) : 0)));
      skewed = Math.max(skewed, Math.abs(inner - (i === j ? 1 : 0)));
    }
  return { apart, skewed, values };
}

describe("symmetricEigen", () => {
  for (const size of [1, 2, 3, 8, 33])
    test(`${size} × ${size}: diagonal in its eigenvectors, which are orthonormal`, () => {
      const { apart, skewed, values } = residuals(randomSymmetric(size, size), size);
      expect(apart).toBeLessThan(1e-13 * size);
      expect(skewed).toBeLessThan(1e-14 * size);
      expect([...values]).toEqual([...values].sort((a, b) => b - a));
    });

  test("values that are known", () => {
    const { values, vectors } = finish(symmetricEigen(Float64Array.of(2, 1, 1, 2), 2));
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(Math.abs((vectors[0] ?? 0) - (vectors[1] ?? 0))).toBeLessThan(1e-14);
  });

  test("nothing, a diagonal, and many equal values", () => {
    expect([...finish(symmetricEigen(new Float64Array(9), 3)).values]).toEqual([0, 0, 0]);
    const diagonal = Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, -2);
    expect([...finish(symmetricEigen(diagonal, 3)).values]).toEqual([5, 1, -2]);
    // All ones: of rank 1.
    const { apart, skewed, values } = residuals(new Float64Array(400).fill(1), 20);
    expect(apart).toBeLessThan(1e-13);
    expect(skewed).toBeLessThan(1e-13);
    expect(values[0]).toBeCloseTo(20, 12);
  });

  test("refuses what is not square or not finite", () => {
    expect(() => finish(symmetricEigen(new Float64Array(3), 2))).toThrow("3 numbers");
    expect(() => finish(symmetricEigen(new Float64Array(4).fill(NaN), 2))).toThrow("finite");
  });
});
