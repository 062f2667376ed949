/** @file The two matrices of a side of a transform basis: one leads to its components, the other back. */

import { matrixOf, times, timesTransposed } from "../../../linalg/matrix.ts";
import { finish, type Work } from "../../../linalg/stepped-work.ts";
import { assert } from "../../../shared/assert.ts";
import type { BasisShape, BasisSide } from "../transform-basis.ts";

export interface TransformMatrices {
  /** [channels, components]: a token's numbers less their mean, times this, are its components. */
  readonly forward: Float32Array;
  /** [components, channels]: components times this are the numbers less their mean. */
  readonly inverse: Float32Array;
  /** Computes `forward` in steps, if it was not yet. For a wide model it takes seconds. */
  prepareForward(): Work<void>;
}

/**
 * What is left of the variance is that of components whose rounding is not made up for (`dualComponents`).
 */
const LEFT_VARIANCE = 0.03;

/**
 * forward = W Dᵀ, inverse = B W⁻¹, with B [components, channels], D what undoes it, and W of each layer and head. Each is
 * computed when it is first asked for: what only decodes never takes the first.
 */
export function transformMatrices(side: BasisSide, { headDim }: BasisShape): TransformMatrices {
  let forward: Float32Array | undefined;
  let inverse: Float32Array | undefined;
  function* prepareForward(): Work<void> {
    if (forward) return;
    const components = yield* dualComponents(side);
    const product = weightedBlocks({ ...side, components }, headDim, (block) =>
      Float64Array.from(block),
    );
    forward = turnedOver(product, side.mean.length);
  }
  return {
    prepareForward,
    get forward() {
      finish(prepareForward());
      return forward ?? new Float32Array();
    },
    get inverse() {
      return (inverse ??= weightedBlocks(side, headDim, (block) => inverseOf(block, headDim)));
    },
  };
}

/**
 * D of B Dᵀ ≈ 1: what gives the components of numbers that B makes. Components of a file are rounded, and so not quite
 * orthonormal. If they were taken for it, a strong component's rounding would come back as an error in all others, at
 * every step. One step of Newton's iteration, D = 2 B − B Bᵀ B, leaves the square of what B Bᵀ is off by. It is done for
 * the strongest components alone, because the others have little to leave.
 *
 * @returns [components, channels]
 */
function* dualComponents({ mean, deviations, components }: BasisSide): Work<Float32Array> {
  const all = matrixOf(components, mean.length);
  const count = strongComponents(deviations);
  const strong = { ...all, rows: count, values: all.values.slice(0, count * all.columns) };
  const products = yield* timesTransposed(all, strong);
  for (let i = 0; i < count; i++) {
    const at = i * count + i;
    products.values[at] = (products.values[at] ?? 0) - 1;
  }
  const excess = yield* times(products, strong);
  return components.map((value, at) => value - (excess.values[at] ?? 0));
}

/** How many components it takes until almost none of the variance is left. */
function strongComponents(deviations: Float32Array): number {
  let left = deviations.reduce((sum, deviation) => sum + deviation ** 2, 0);
  const least = LEFT_VARIANCE * left;
  let count = 0;
  while (count < deviations.length && left > least) left -= (deviations[count++] ?? 0) ** 2;
  return count;
}

/** Numbers of a row that are made side by side, so that none waits for the sum of another. Divides `headDim`. */
const ABREAST = 4;

/** B times a symmetric block of each head, made of W's: [components, channels] */
function weightedBlocks(
  { mean, weighting, components }: BasisSide,
  headDim: number,
  blockOf: (weighting: Float32Array) => Float64Array,
): Float32Array {
  const channels = mean.length;
  const product = new Float32Array(components.length);
  for (let first = 0; first < channels; first += headDim) {
    const block = blockOf(weighting.subarray(first * headDim, (first + headDim) * headDim));
    for (let at = first; at < components.length; at += channels)
      timesBlock(product.subarray(at, at + headDim), block, components.subarray(at, at + headDim));
  }
  return product;
}

/** A symmetric block times a vector. This is where the time of a basis' first use goes. */
function timesBlock(product: Float32Array, block: Float64Array, vector: Float32Array): void {
  const size = vector.length;
  for (let d = 0; d < size; d += ABREAST) {
    let [from0, from1, from2, from3] = [d * size, (d + 1) * size, (d + 2) * size, (d + 3) * size];
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    for (let e = 0; e < size; e++) {
      const value = vector[e] ?? 0;
      sum0 += (block[from0++] ?? 0) * value;
      sum1 += (block[from1++] ?? 0) * value;
      sum2 += (block[from2++] ?? 0) * value;
      sum3 += (block[from3++] ?? 0) * value;
    }
    product[d] = sum0;
    product[d + 1] = sum1;
    product[d + 2] = sum2;
    product[d + 3] = sum3;
  }
}

/** [rows, columns] as [columns, rows]. */
function turnedOver(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  const turned = new Float32Array(matrix.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let to = row; to < turned.length; to += rows) turned[to] = matrix[at++] ?? 0;
  return turned;
}

/** The inverse of a symmetric positive definite matrix, by Gauss-Jordan in f64. */
export function inverseOf(matrix: Float32Array, size: number): Float64Array {
  const left = Float64Array.from(matrix);
  const right = new Float64Array(size * size);
  for (let i = 0; i < size; i++) right[i * size + i] = 1;
  for (let pivot = 0; pivot < size; pivot++) {
    const value = left[pivot * size + pivot] ?? 0;
    assert(value > 0, "a weighting is not positive definite");
    // On the left all columns before the pivot are those of a unit matrix by now, on the right all behind it still are.
    const leftRow = left.subarray(pivot * size + pivot, (pivot + 1) * size);
    const rightRow = right.subarray(pivot * size, pivot * size + pivot + 1);
    for (const row of [leftRow, rightRow])
      for (let c = 0; c < row.length; c++) row[c] = (row[c] ?? 0) / value;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = left[row * size + pivot] ?? 0;
      if (factor === 0) continue;
      subtract(left, row * size + pivot, leftRow, factor);
      subtract(right, row * size, rightRow, factor);
    }
  }
  return right;
}

/** Subtracts a row times a factor from the numbers of a matrix that begin there. */
function subtract(matrix: Float64Array, start: number, row: Float64Array, factor: number): void {
  for (let c = 0, at = start; c < row.length; c++, at++)
    matrix[at] = (matrix[at] ?? 0) - factor * (row[c] ?? 0);
}
