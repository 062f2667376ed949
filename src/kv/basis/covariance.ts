/** @file Covariances of a side's numbers, in whatever form they are held: what is asked of them is products. */

import { assert } from "../../shared/assert.ts";
import { rowOf, times, transposed, zeros, type Matrix } from "../../linalg/matrix.ts";
import type { Work } from "../../linalg/stepped-work.ts";

/** A positive semidefinite matrix C, as the product block · C with a block of vectors, [count, channels]. */
export interface Covariance {
  channels: number;
  apply: (block: Matrix) => Work<Matrix>;
  /** R of C = Rᵀ R, [any, channels], where it is known and has few rows. */
  root?: { rows: number; compute: () => Work<Matrix> };
}

/** @param matrix [channels, channels], symmetric */
export function denseCovariance(matrix: Matrix): Covariance {
  assert(matrix.rows === matrix.columns, "a covariance is square");
  return { channels: matrix.rows, apply: (block) => times(block, matrix) };
}

/** F Fᵀ. @param factor F, [channels, any] */
export function factorCovariance(factor: Matrix): Covariance {
  const turned = transposed(factor);
  return {
    channels: factor.rows,
    *apply(block) {
      return yield* times(yield* times(block, factor), turned);
    },
    root: {
      rows: factor.columns,
      *compute() {
        return turned;
      },
    },
  };
}

/**
 * W C W, the covariance of weighted numbers.
 *
 * @param weighting W: [layers, kvHeads, headDim, headDim], a symmetric block for each head
 */
export function weightedCovariance(
  { channels, apply, root }: Covariance,
  weighting: Float32Array,
): Covariance {
  return {
    channels,
    *apply(block) {
      return yield* weighted(yield* apply(yield* weighted(block, weighting)), weighting);
    },
    ...(root && {
      root: {
        rows: root.rows,
        *compute() {
          return yield* weighted(yield* root.compute(), weighting);
        },
      },
    }),
  };
}

/** The product of each row and the blocks of W. @param rows [count, channels] */
export function* weighted(rows: Matrix, weighting: Float32Array): Work<Matrix> {
  const headDim = headDimOf(weighting, rows.columns);
  const products = zeros(rows.rows, rows.columns);
  for (let row = 0; row < rows.rows; row++) {
    weighRow(rowOf(products, row), rowOf(rows, row), weighting, headDim);
    yield;
  }
  return products;
}

function headDimOf(weighting: Float32Array, channels: number): number {
  const headDim = weighting.length / channels;
  assert(channels % headDim === 0, `${weighting.length} weights of ${channels} channels`);
  return headDim;
}

function weighRow(
  product: Float64Array,
  row: Float64Array,
  weighting: Float32Array,
  headDim: number,
): void {
  for (let channel = 0; channel < row.length; channel++) {
    const head = channel - (channel % headDim);
    const value = row[channel] ?? 0;
    // A block is symmetric, so that its row is its column.
    for (let d = 0, at = channel * headDim; d < headDim; d++, at++)
      product[head + d] = (product[head + d] ?? 0) + value * (weighting[at] ?? 0);
  }
}

/** Each number's variance: the diagonal of C. Of a factor F, the squared lengths of its rows. */
export function variancesOf(matrix: Matrix, is: "covariance" | "factor"): Float64Array {
  return Float64Array.from({ length: matrix.rows }, (_, row) => {
    const own = rowOf(matrix, row);
    return is === "covariance" ? (own[row] ?? 0) : own.reduce((sum, x) => sum + x * x, 0);
  });
}

/** A covariance, and how much it counts. */
export interface CountedCovariance {
  covariance: Covariance;
  share: number;
}

/** The sum of covariances, each times its share. */
export function summedCovariance(parts: readonly CountedCovariance[]): Covariance {
  const channels = parts[0]?.covariance.channels ?? 0;
  return {
    channels,
    *apply(block) {
      const sum = zeros(block.rows, channels);
      for (const { covariance, share } of parts) {
        const { values } = yield* covariance.apply(block);
        for (let i = 0; i < values.length; i++)
          sum.values[i] = (sum.values[i] ?? 0) + share * (values[i] ?? 0);
        yield;
      }
      return sum;
    },
  };
}

/**
 * Second moments about another point as a covariance: C = S / tokens - d dᵀ.
 *
 * @param moments S, [channels, channels]: Σ (x - m)(x - m)ᵀ
 * @param offset d, [channels]: the mean less m
 */
export function* centredMoments(
  moments: Matrix,
  tokens: number,
  offset: Float64Array,
): Work<Matrix> {
  const centred = zeros(moments.rows, moments.columns);
  for (let row = 0; row < moments.rows; row++) {
    const shift = offset[row] ?? 0;
    rowOf(moments, row).forEach((value, column) => {
      const at = row * moments.columns + column;
      centred.values[at] = value / tokens - shift * (offset[column] ?? 0);
    });
    if (row % 64 === 0) yield;
  }
  return centred;
}
