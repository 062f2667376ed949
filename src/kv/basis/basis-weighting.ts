/**
 * @file The space in which equal errors of K and V do equal harm: W = M^(1/2) of each layer and KV head,
 * with eᵀ M e the squared error that an error e leaves in attention's scores, or in a layer's output.
 */

import { assert } from "../../shared/assert.ts";
import type { Work } from "../../linalg/stepped-work.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";

/** Eigenvalues of M count as this share of the largest at least, so that every direction is worth something. */
const FLOOR = 1e-4;
const DISTANCES = 96;

export interface HeadMoments {
  /** Σ q qᵀ over tokens and the query heads of a KV head: [layers, kvHeads, headDim, headDim] */
  sums: Float64Array;
  tokens: number;
}

export interface KeyWeightingOptions {
  headDim: number;
  /** RoPE's angle per position: [headDim / 2], in radians */
  frequencies: readonly number[];
  /** How far back queries look: distances from 1 to this one count, each octave as much as another. */
  maxDistance?: number;
}

/**
 * The weighting of keys at position 0, from the queries at position 0 that will meet them: M is the mean of R C Rᵀ over
 * the rotations R of distances to come, by the head's dimension, with C the sum over the KV head's query
 * heads of their second moments. Without queries, all directions count alike.
 *
 * @returns W: [layers, kvHeads, headDim, headDim]
 */
export function* keyWeighting(
  { sums, tokens }: HeadMoments,
  { headDim, frequencies, maxDistance = 1024 }: KeyWeightingOptions,
): Work<Float32Array> {
  assert(frequencies.length === headDim / 2, `${frequencies.length} angles of ${headDim} channels`);
  const turns = yield* meanTurns(frequencies, maxDistance);
  const weighting = new Float32Array(sums.length);
  for (let at = 0; at < sums.length; at += headDim ** 2) {
    const moments = turnedMoments(sums.subarray(at, at + headDim ** 2), turns, headDim);
    const scale = 1 / (headDim * Math.max(1, tokens));
    const root = yield* rootOf(
      moments.map((value) => value * scale),
      headDim,
    );
    weighting.set(root, at);
    yield;
  }
  return weighting;
}

/** Means over the distances, for every two channel pairs: [pairs, pairs]. */
interface Turns {
  coscos: Float64Array;
  cossin: Float64Array;
  sincos: Float64Array;
  sinsin: Float64Array;
}

/** Whole distances whose logarithms are evenly spaced. */
function distances(maxDistance: number): number[] {
  const ratio = maxDistance ** (1 / (DISTANCES - 1));
  return Array.from({ length: DISTANCES }, (_, i) => Math.round(ratio ** i));
}

function* meanTurns(frequencies: readonly number[], maxDistance: number): Work<Turns> {
  const pairs = frequencies.length;
  const mean = () => new Float64Array(pairs * pairs);
  const turns = { coscos: mean(), cossin: mean(), sincos: mean(), sinsin: mean() };
  for (const distance of distances(maxDistance)) {
    const cos = frequencies.map((frequency) => Math.cos(distance * frequency));
    const sin = frequencies.map((frequency) => Math.sin(distance * frequency));
    const add = (sum: Float64Array, a: readonly number[], b: readonly number[]) => {
      for (let at = 0; at < sum.length; at++) {
        const product = (a[Math.floor(at / pairs)] ?? 0) * (b[at % pairs] ?? 0);
        sum[at] = (sum[at] ?? 0) + product / DISTANCES;
      }
    };
    add(turns.coscos, cos, cos);
    add(turns.cossin, cos, sin);
    add(turns.sincos, sin, cos);
    add(turns.sinsin, sin, sin);
    yield;
  }
  return turns;
}

/** The mean of R C Rᵀ. R turns channels d and d + headDim / 2 together (RoPE, half-split). */
function turnedMoments(c: Float64Array, turns: Turns, headDim: number): Float64Array {
  const half = headDim / 2;
  const turned = new Float64Array(headDim * headDim);
  for (let i = 0; i < half; i++)
    for (let j = 0; j < half; j++) {
      const [top, bottom] = [i * headDim + j, (i + half) * headDim + j];
      const [a, b] = [c[top] ?? 0, c[top + half] ?? 0];
      const [d, e] = [c[bottom] ?? 0, c[bottom + half] ?? 0];
      const at = i * half + j;
      const [cc, cs] = [turns.coscos[at] ?? 0, turns.cossin[at] ?? 0];
      const [sc, ss] = [turns.sincos[at] ?? 0, turns.sinsin[at] ?? 0];
      turned[top] = cc * a - cs * b - sc * d + ss * e;
      turned[top + half] = cs * a + cc * b - ss * d - sc * e;
      turned[bottom] = sc * a - ss * b + cc * d - cs * e;
      turned[bottom + half] = ss * a + sc * b + cs * d + cc * e;
    }
  return turned;
}

export interface OutputShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/**
 * The weighting of one layer's values: M is the sum of Woᵀ Wo over the query heads that share a KV head.
 *
 * @param projection Wo: [outputs, heads × headDim], those of all layers that attend to these values
 * @returns W: [kvHeads, headDim, headDim]
 */
export function* valueWeighting(
  projection: Float32Array,
  { heads, kvHeads, headDim }: OutputShape,
): Work<Float32Array> {
  const columns = heads * headDim;
  assert(projection.length % columns === 0, `${projection.length} weights for ${columns} inputs`);
  const moments = Array.from({ length: kvHeads }, () => new Float64Array(headDim * headDim));
  for (let row = 0; row < projection.length; row += columns) {
    for (let head = 0; head < heads; head++) {
      const start = row + head * headDim;
      const moment = moments[Math.floor((head * kvHeads) / heads)];
      if (moment) addOuter(moment, projection.subarray(start, start + headDim));
    }
    yield;
  }
  const weighting = new Float32Array(kvHeads * headDim * headDim);
  for (const [head, moment] of moments.entries())
    weighting.set(yield* rootOf(symmetric(moment, headDim), headDim), head * headDim ** 2);
  return weighting;
}

/** moment += x xᵀ, on and below the diagonal. */
function addOuter(moment: Float64Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const [value, start] = [x[i] ?? 0, i * x.length];
    for (let j = 0; j <= i; j++) moment[start + j] = (moment[start + j] ?? 0) + value * (x[j] ?? 0);
  }
}

/** Copies what is below the diagonal to above it. */
function symmetric(lower: Float64Array, size: number): Float64Array {
  return lower.map((value, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    return column <= row ? value : (lower[column * size + row] ?? 0);
  });
}

/** M^(1/2), its eigenvalues not below the floor. The identity if M is zero. */
function* rootOf(moment: Float64Array, size: number): Work<Float32Array> {
  const { values, vectors } = yield* symmetricEigen(moment, size);
  const largest = values[0] ?? 0;
  const roots = values.map((value) =>
    largest > 0 ? Math.sqrt(Math.max(value, FLOOR * largest)) : 1,
  );
  const root = new Float64Array(size * size);
  for (const [i, value] of roots.entries()) {
    const vector = vectors.subarray(i * size, (i + 1) * size);
    for (let row = 0; row < size; row++) {
      const factor = value * (vector[row] ?? 0);
      for (let column = 0, at = row * size; column < size; column++, at++)
        root[at] = (root[at] ?? 0) + factor * (vector[column] ?? 0);
    }
    yield;
  }
  return Float32Array.from(root);
}

/** A layer's sensitivity counts as this share of the largest at least. */
const SENSITIVITY_FLOOR = 1e-6;

/**
 * The weighting with each layer counted by its sensitivity.
 *
 * @param weighting W: [layers, kvHeads, headDim, headDim]
 * @param sensitivity of each layer: KL of the next token per squared error in this space
 */
export function sensitiveWeighting(
  weighting: Float32Array,
  sensitivity: readonly number[],
): Float32Array {
  const layer = weighting.length / sensitivity.length;
  const least = SENSITIVITY_FLOOR * Math.max(...sensitivity);
  const scales = sensitivity.map((value) => Math.sqrt(Math.max(value, least)));
  return weighting.map((value, at) => value * (scales[Math.floor(at / layer)] ?? NaN));
}
