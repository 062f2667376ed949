/**
 * @file Eigenvalues and eigenvectors of symmetric matrices, in f64: Householder's reduction to three
 * diagonals, then the implicitly shifted QR algorithm (Golub and Van Loan, Matrix Computations, 8.3).
 *
 * It is our own because it has to work in steps: 768 × 768 takes seconds.
 */

import { assert } from "../shared/assert.ts";
import type { Work } from "./stepped-work.ts";

export interface SymmetricEigen {
  /** Eigenvalues: [size], falling */
  values: Float64Array;
  /** [size, size]: row i is the eigenvector of value i, of length 1 */
  vectors: Float64Array;
}

/** A matrix of which only three diagonals are not 0, in a rotated space. */
interface Tridiagonal {
  size: number;
  /** The main diagonal: [size] */
  diagonal: Float64Array;
  /** What is beside the diagonal: [size - 1], and a 0 */
  beside: Float64Array;
  /** [size, size]: rows are the space's axes */
  axes: Float64Array;
}

/** The most sweeps for one eigenvalue. Two are usual. */
const MOST_SWEEPS = 60;

/**
 * Time grows with size³. Steps take size² operations.
 *
 * @param matrix [size, size], symmetric and finite
 */
export function* symmetricEigen(matrix: Float64Array, size: number): Work<SymmetricEigen> {
  assert(matrix.length === size * size, `${matrix.length} numbers are no ${size} × ${size} matrix`);
  const reduced = yield* reduce(matrix, size);
  yield* diagonalise(reduced);
  const { diagonal, axes } = reduced;
  const order = [...diagonal.keys()].sort((a, b) => (diagonal[b] ?? 0) - (diagonal[a] ?? 0));
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    vectors.set(axes.subarray(from * size, (from + 1) * size), to * size);
  });
  return { values: Float64Array.from(order, (from) => diagonal[from] ?? 0), vectors };
}

/** Reduces a matrix to three diagonals by reflections I - 2 v vᵀ, one for each column. */
function* reduce(matrix: Float64Array, size: number): Work<Tridiagonal> {
  const a = Float64Array.from(matrix);
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  const reflections: Float64Array[] = [];
  for (let k = 0; k < size; k++) {
    diagonal[k] = a[k * size + k] ?? 0;
    if (k === size - 1) break;
    const v = a.slice(k * size + k + 1, (k + 1) * size);
    const norm = Math.sqrt(dot(v, v));
    const end = (v[0] ?? 0) > 0 ? -norm : norm;
    beside[k] = end;
    v[0] = (v[0] ?? 0) - end;
    const length = Math.sqrt(dot(v, v));
    if (length > 0) scale(v, 1 / length);
    reflections.push(v);
    if (length > 0) reflect(a, v, k + 1);
    yield;
  }
  const axes = new Float64Array(size * size);
  for (let i = 0; i < size; i++) axes[i * size + i] = 1;
  for (let k = size - 2; k >= 0; k--) {
    const v = reflections[k] ?? NONE;
    for (let row = k + 1; row < size; row++) {
      const axis = axes.subarray(row * size + k + 1, (row + 1) * size);
      addScaled(axis, v, -2 * dot(axis, v));
    }
    yield;
  }
  return { size, diagonal, beside, axes };
}

const NONE = new Float64Array();

/** The part of a from row and column `first` on, reflected on both sides. */
function reflect(a: Float64Array, v: Float64Array, first: number): void {
  const size = Math.sqrt(a.length);
  const rowOf = (i: number) => a.subarray((first + i) * size + first, (first + i + 1) * size);
  const p = v.map((_, i) => dot(rowOf(i), v));
  addScaled(p, v, -dot(p, v));
  for (let i = 0; i < v.length; i++) {
    const row = rowOf(i);
    const [left, right] = [2 * (v[i] ?? 0), 2 * (p[i] ?? 0)];
    for (let j = 0; j < row.length; j++)
      row[j] = (row[j] ?? 0) - left * (p[j] ?? 0) - right * (v[j] ?? 0);
  }
}

/** Makes what is beside the diagonal 0, so that the axes become the eigenvectors. */
function* diagonalise(matrix: Tridiagonal): Work<void> {
  const { size, diagonal, beside } = matrix;
  const largest = [...diagonal, ...beside].reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  assert(Number.isFinite(largest), "the matrix is not finite");
  const isNothing = (i: number) => {
    const around = Math.abs(diagonal[i] ?? 0) + Math.abs(diagonal[i + 1] ?? 0);
    return Math.abs(beside[i] ?? 0) <= Number.EPSILON * (around + largest / 16);
  };
  let sweeps = 0;
  for (let end = size - 1; end > 0;) {
    if (isNothing(end - 1)) {
      beside[end - 1] = 0;
      end--;
      sweeps = 0;
      continue;
    }
    let start = end - 1;
    while (start > 0 && !isNothing(start - 1)) start--;
    assert(sweeps++ < MOST_SWEEPS, "eigenvalues do not converge");
    sweep(matrix, start, end);
    yield;
  }
}

/** The eigenvalue of the last two rows and columns that is nearer to the last number (Wilkinson). */
function shiftAt({ diagonal, beside }: Tridiagonal, end: number): number {
  const [a, b, c] = [diagonal[end - 1] ?? 0, beside[end - 1] ?? 0, diagonal[end] ?? 0];
  const half = (a - c) / 2;
  const root = Math.hypot(half, b);
  return c - (b * b) / (half + (half < 0 ? -root : root));
}

/** One step of the QR algorithm on rows `start` to `end`, both included. */
function sweep(matrix: Tridiagonal, start: number, end: number): void {
  const { size, diagonal, beside, axes } = matrix;
  let x = (diagonal[start] ?? 0) - shiftAt(matrix, end);
  let z = beside[start] ?? 0;
  for (let k = start; k < end; k++) {
    const length = Math.hypot(x, z);
    const [c, s] = length > 0 ? [x / length, z / length] : [1, 0];
    if (k > start) beside[k - 1] = length;
    const [a, b, d] = [diagonal[k] ?? 0, beside[k] ?? 0, diagonal[k + 1] ?? 0];
    diagonal[k] = c * c * a + 2 * c * s * b + s * s * d;
    diagonal[k + 1] = s * s * a - 2 * c * s * b + c * c * d;
    beside[k] = c * s * (d - a) + (c * c - s * s) * b;
    if (k < end - 1) {
      const next = beside[k + 1] ?? 0;
      x = beside[k] ?? 0;
      z = s * next;
      beside[k + 1] = c * next;
    }
    rotateRows(axes, k * size, size, { c, s });
  }
}

/** Rotates the row at `first` and the next one into each other. */
function rotateRows(
  rows: Float64Array,
  first: number,
  size: number,
  { c, s }: { c: number; s: number },
): void {
  for (let i = first, j = first + size; i < first + size; i++, j++) {
    const [a, b] = [rows[i] ?? 0, rows[j] ?? 0];
    rows[i] = c * a + s * b;
    rows[j] = c * b - s * a;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (source[i] ?? 0);
}

function scale(row: Float64Array, factor: number): void {
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) * factor;
}
