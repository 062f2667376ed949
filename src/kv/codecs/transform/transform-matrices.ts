/** @file The two matrices of a side of a transform basis: one leads to its components, the other back. */

import { assert } from "../../../shared/assert.ts";
import type { BasisShape, BasisSide } from "../transform-basis.ts";

export interface TransformMatrices {
  /** [channels, components]: a token's numbers less their mean, times this, are its components. */
  readonly forward: Float32Array;
  /** [components, channels]: components times this are the numbers less their mean. */
  readonly inverse: Float32Array;
}

/**
 * forward = W Bᵀ, inverse = B W⁻¹, with B [components, channels] and W of each layer and head. Each is computed when it
 * is first asked for: what only decodes never takes the first. For a wide model either takes seconds.
 */
export function transformMatrices(side: BasisSide, { headDim }: BasisShape): TransformMatrices {
  let forward: Float32Array | undefined;
  let inverse: Float32Array | undefined;
  return {
    get forward() {
      return (forward ??= turnedOver(
        times(side, headDim, (block) => block),
        side.mean.length,
      ));
    },
    get inverse() {
      return (inverse ??= times(side, headDim, (block) => inverseOf(block, headDim)));
    },
  };
}

/** B times a symmetric block of each head, made of W's: [components, channels] */
function times(
  { mean, weighting, components }: BasisSide,
  headDim: number,
  blockOf: (weighting: Float32Array) => Float32Array | Float64Array,
): Float32Array {
  const channels = mean.length;
  const product = new Float32Array(components.length);
  for (let first = 0; first < channels; first += headDim) {
    const block = blockOf(weighting.subarray(first * headDim, (first + headDim) * headDim));
    for (let at = first; at < components.length; at += channels)
      for (let d = 0; d < headDim; d++) {
        let sum = 0;
        for (let e = 0, from = d * headDim; e < headDim; e++, from++)
          sum += (block[from] ?? 0) * (components[at + e] ?? 0);
        product[at + d] = sum;
      }
  }
  return product;
}

/** [rows, columns] as [columns, rows]. */
function turnedOver(matrix: Float32Array, columns: number): Float32Array {
  const rows = matrix.length / columns;
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)] ?? 0);
}

/** The inverse of a symmetric positive definite matrix, by Gauss-Jordan in f64. */
export function inverseOf(matrix: Float32Array, size: number): Float64Array {
  const left = Float64Array.from(matrix);
  const right = new Float64Array(size * size);
  for (let i = 0; i < size; i++) right[i * size + i] = 1;
  for (let pivot = 0; pivot < size; pivot++) {
    const value = left[pivot * size + pivot] ?? 0;
    assert(value > 0, "a weighting is not positive definite");
    for (let c = 0; c < size; c++) {
      left[pivot * size + c] = (left[pivot * size + c] ?? 0) / value;
      right[pivot * size + c] = (right[pivot * size + c] ?? 0) / value;
    }
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = left[row * size + pivot] ?? 0;
      if (factor === 0) continue;
      for (let c = 0; c < size; c++) {
        left[row * size + c] = (left[row * size + c] ?? 0) - factor * (left[pivot * size + c] ?? 0);
        right[row * size + c] =
          (right[row * size + c] ?? 0) - factor * (right[pivot * size + c] ?? 0);
      }
    }
  }
  return right;
}
