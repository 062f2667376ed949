/** @file The two matrices of a side of a transform basis: one leads to its components, the other back. */

import { assert } from "../../../shared/assert.ts";
import type { BasisShape, BasisSide } from "../transform-basis.ts";

export interface TransformMatrices {
  /** [channels, components]: a token's numbers less their mean, times this, are its components. */
  forward: Float32Array;
  /** [components, channels]: components times this are the numbers less their mean. */
  inverse: Float32Array;
}

/** forward = W Bᵀ, inverse = B W⁻¹, with B [components, channels] and W of each layer and head. */
export function transformMatrices(
  { mean, weighting, components }: BasisSide,
  { headDim }: BasisShape,
): TransformMatrices {
  const channels = mean.length;
  const count = components.length / channels;
  const forward = new Float32Array(channels * count);
  const inverse = new Float32Array(count * channels);
  for (let head = 0; head < channels / headDim; head++) {
    const block = weighting.subarray(head * headDim ** 2, (head + 1) * headDim ** 2);
    const undone = inverseOf(block, headDim);
    for (let component = 0; component < count; component++) {
      const at = component * channels + head * headDim;
      const row = components.subarray(at, at + headDim);
      for (let d = 0; d < headDim; d++) {
        let [into, back] = [0, 0];
        for (let e = 0; e < headDim; e++) {
          into += (block[d * headDim + e] ?? 0) * (row[e] ?? 0);
          back += (undone[d * headDim + e] ?? 0) * (row[e] ?? 0);
        }
        forward[(head * headDim + d) * count + component] = into;
        inverse[at + d] = back;
      }
    }
  }
  return { forward, inverse };
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
