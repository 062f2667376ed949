/** @file Products of dense matrices in f64, in steps. */

import { assert } from "../shared/assert.ts";
import type { Work } from "./stepped-work.ts";

export interface Matrix {
  rows: number;
  columns: number;
  /** [rows, columns] */
  values: Float64Array;
}

/** About how many multiplications there are between two pauses. */
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
  for (let row = 0; row < a.rows; row += 2)
    for (let k = 0; k < b.rows; k += 4) {
      addRows(product, a, b, { row, k });
      done += 8 * b.columns;
      if (done < STEP) continue;
      done = 0;
      yield;
    }
  return product;
}

/** Adds to two rows of a product four rows of b, each times its factor. Rows that are missing count nothing. */
function addRows(
  { values: sums, columns }: Matrix,
  a: Matrix,
  b: Matrix,
  { row, k }: { row: number; k: number },
): void {
  const { values } = b;
  const [f0 = 0, f1 = 0, f2 = 0, f3 = 0] = rowOf(a, row).subarray(k, k + 4);
  const at = (i: number) => Math.min(k + i, b.rows - 1) * columns;
  const [r0, r1, r2, r3] = [at(0), at(1), at(2), at(3)];
  const first = row * columns;
  if (row + 1 === a.rows) {
    for (let j = 0; j < columns; j++)
      sums[first + j] =
        (sums[first + j] ?? 0) +
        f0 * (values[r0 + j] ?? 0) +
        f1 * (values[r1 + j] ?? 0) +
        f2 * (values[r2 + j] ?? 0) +
        f3 * (values[r3 + j] ?? 0);
    return;
  }
  const second = first + columns;
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0] = rowOf(a, row + 1).subarray(k, k + 4);
  for (let j = 0; j < columns; j++) {
    const [b0, b1] = [values[r0 + j] ?? 0, values[r1 + j] ?? 0];
    const [b2, b3] = [values[r2 + j] ?? 0, values[r3 + j] ?? 0];
    sums[first + j] = (sums[first + j] ?? 0) + f0 * b0 + f1 * b1 + f2 * b2 + f3 * b3;
    sums[second + j] = (sums[second + j] ?? 0) + g0 * b0 + g1 * b1 + g2 * b2 + g3 * b3;
  }
}

/** a bᵀ: [a.rows, b.rows] */
export function* timesTransposed(a: Matrix, b: Matrix): Work<Matrix> {
  return yield* times(a, transposed(b));
}

/** The matrix with every number, and the one across the diagonal, as the mean of both: rounding left them apart. */
export function symmetrised({ rows, columns, values }: Matrix): Matrix {
  const even = values.map((value, at) => {
    const mirrored = values[(at % columns) * columns + Math.floor(at / columns)] ?? 0;
    return (value + mirrored) / 2;
  });
  return { rows, columns, values: even };
}

/**
 * Makes rows orthonormal, by Gram-Schmidt, twice each. A row that depends on earlier ones is replaced by a
 * random direction.
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

/** Subtracts from a row what earlier ones hold, and normalises it. @returns whether anything was left */
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
  // Several sums are faster than one, in which each addition waits for the one before.
  let [even, odd] = [0, 0];
  for (let i = 0; i + 1 < columns; i += 2) {
    even += (row[i] ?? 0) * (values[start + i] ?? 0);
    odd += (row[i + 1] ?? 0) * (values[start + i + 1] ?? 0);
  }
  const last = columns - 1;
  const rest = columns % 2 === 1 ? (row[last] ?? 0) * (values[start + last] ?? 0) : 0;
  const share = even + odd + rest;
  for (let i = 0; i < columns; i++) row[i] = (row[i] ?? 0) - share * (values[start + i] ?? 0);
}

function norm(row: Float64Array): number {
  let sum = 0;
  for (const value of row) sum += value * value;
  return Math.sqrt(sum);
}

/** Numbers in [-1, 1) of xorshift32, which are the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
}
