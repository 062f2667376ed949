/** @file Products of dense matrices in f64, in steps. */

import { assert } from "../shared/assert.ts";
import type { Work } from "./stepped-work.ts";

export interface Matrix {
  rows: number;
  columns: number;
  /** [rows, columns] */
  values: Float64Array;
}

/** Multiplications between two pauses, about. */
const STEP = 500_000;

export const zeros = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: new Float64Array(rows * columns),
});

export function matrixOf(values: Float32Array | Float64Array, columns: number): Matrix {
  const rows = values.length / columns;
  assert(Number.isInteger(rows), `${values.length} numbers are not rows of ${columns}`);
  return { rows, columns, values: Float64Array.from(values) };
}

export const rowOf = ({ values, columns }: Matrix, row: number): Float64Array =>
  values.subarray(row * columns, (row + 1) * columns);

export function transposed({ rows, columns, values }: Matrix): Matrix {
  const turned = zeros(columns, rows);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned.values[column * rows + row] = values[row * columns + column] ?? 0;
  return turned;
}

/** a b: [a.rows, b.columns] */
export function* times(a: Matrix, b: Matrix): Work<Matrix> {
  assert(a.columns === b.rows, `${a.columns} columns meet ${b.rows} rows`);
  const product = zeros(a.rows, b.columns);
  let done = 0;
  for (let row = 0; row < a.rows; row++)
    for (let k = 0; k < b.rows; k += 4) {
      addRows(rowOf(product, row), rowOf(a, row).subarray(k, k + 4), b, k);
      done += 4 * b.columns;
      if (done < STEP) continue;
      done = 0;
      yield;
    }
  return product;
}

/** target += four rows of b from `first` on, times a factor each. Missing ones count nothing. */
function addRows(target: Float64Array, factors: Float64Array, b: Matrix, first: number): void {
  const { values, columns } = b;
  const [f0 = 0, f1 = 0, f2 = 0, f3 = 0] = factors;
  const last = b.rows - 1;
  const at = (i: number) => Math.min(first + i, last) * columns;
  const [r0, r1, r2, r3] = [at(0), at(1), at(2), at(3)];
  for (let j = 0; j < columns; j++)
    target[j] =
      (target[j] ?? 0) +
      f0 * (values[r0 + j] ?? 0) +
      f1 * (values[r1 + j] ?? 0) +
      f2 * (values[r2 + j] ?? 0) +
      f3 * (values[r3 + j] ?? 0);
}

/** a bᵀ: [a.rows, b.rows] */
export function* timesTransposed(a: Matrix, b: Matrix): Work<Matrix> {
  return yield* times(a, transposed(b));
}

/**
 * Make rows orthonormal, by Gram-Schmidt, twice each. A row that is nothing but earlier ones is replaced by
 * a random direction.
 *
 * @param random in [-1, 1)
 */
export function* orthonormaliseRows(matrix: Matrix, random: () => number): Work<void> {
  assert(matrix.rows <= matrix.columns, `${matrix.rows} rows of ${matrix.columns} depend`);
  let done = 0;
  for (let at = 0; at < matrix.rows; at++) {
    const row = rowOf(matrix, at);
    while (!independent(matrix, at)) for (let i = 0; i < row.length; i++) row[i] = random();
    done += 4 * at * matrix.columns;
    if (done < STEP) continue;
    done = 0;
    yield;
  }
}

/** Take from a row what earlier ones hold, and normalise it. @returns whether anything was left */
function independent(matrix: Matrix, at: number): boolean {
  const row = rowOf(matrix, at);
  const before = norm(row);
  if (!(before > 0)) return false;
  for (let pass = 0; pass < 2; pass++)
    for (let other = 0; other < at; other++) subtractProjection(row, matrix, other);
  const left = norm(row);
  if (left <= 1e-10 * before) return false;
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / left;
  return true;
}

function subtractProjection(row: Float64Array, { values, columns }: Matrix, other: number): void {
  const start = other * columns;
  let share = 0;
  for (let i = 0; i < columns; i++) share += (row[i] ?? 0) * (values[start + i] ?? 0);
  for (let i = 0; i < columns; i++) row[i] = (row[i] ?? 0) - share * (values[start + i] ?? 0);
}

function norm(row: Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}

/** In [-1, 1), xorshift32: the same numbers everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}
