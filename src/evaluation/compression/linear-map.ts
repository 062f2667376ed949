/** @file Linear maps from one layer's rows to another's, fitted by least squares. */

import { assert } from "../../shared/assert.ts";

/** The map output = bias + Σ input · weights, where each input has a row of weights. */
export interface LinearMap {
  /** [inputs, outputs]. */
  weights: Float32Array;
  /** [outputs]. */
  bias: Float32Array;
}

/** Data for the fit: rows of the layer that keeps, [tokens, inputs], and of its partner, [tokens, outputs]. */
export interface LinearSample {
  tokens: number;
  inputs: Float32Array;
  outputs: Float32Array;
}

/**
 * Fit a map to all samples' tokens by least squares with a ridge. The normal equations around the means are solved by
 * Cholesky decomposition in f64. Time grows with tokens · inputs · (inputs + outputs) + inputs³.
 *
 * @param ridge added to the variance of each input, as a share of the mean variance; above 0 if inputs may depend
 *   on each other
 */
export function fitLinearMap(samples: readonly LinearSample[], ridge = 1e-4): LinearMap {
  const x = centred(samples.flatMap(({ inputs, tokens }) => split(inputs, tokens)));
  const y = centred(samples.flatMap(({ outputs, tokens }) => split(outputs, tokens)));
  const gram = products(x.rows, x.rows);
  const slopes = products(x.rows, y.rows);
  const trace = gram.reduce((sum, row, i) => sum + at(row, i), 0);
  // If no input ever changes, they predict nothing, and any ridge will do.
  const added = trace === 0 ? 1 : (ridge * trace) / gram.length;
  gram.forEach((row, i) => (row[i] = at(row, i) + added));
  solve(gram, slopes);
  const bias = y.mean;
  slopes.forEach((slope, i) => addScaled(bias, slope, -at(x.mean, i)));
  const weights = Float32Array.from(slopes.flatMap((slope) => [...slope]));
  return { weights, bias: Float32Array.from(bias) };
}

/** Apply a map to inputs [tokens, inputs]. @returns [tokens, outputs] */
export function applyLinearMap({ weights, bias }: LinearMap, inputs: Float32Array): Float32Array {
  const slopes = split(weights, weights.length / bias.length);
  const tokens = inputs.length / slopes.length;
  const outputs = new Float32Array(tokens * bias.length);
  split(inputs, tokens).forEach((token, n) => {
    const sum = Float64Array.from(bias);
    slopes.forEach((slope, i) => addScaled(sum, slope, at(token, i)));
    outputs.set(sum, n * bias.length);
  });
  return outputs;
}

type Row = Float64Array | undefined;

const at = (values: Row, i: number): number => values?.[i] ?? NaN;

/** Split values into rows of equal width. */
const split = (values: Float32Array, rows: number, width = values.length / rows): Float64Array[] =>
  Array.from({ length: rows }, (_, n) =>
    Float64Array.from(values.subarray(n * width, (n + 1) * width)),
  );

function centred(rows: readonly Float64Array[]) {
  assert(rows.length > 0, "a fit needs tokens");
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) addScaled(mean, row, 1 / rows.length);
  for (const row of rows) addScaled(row, mean, -1);
  return { rows, mean };
}

/** The product aᵀ · b, with one row for each column of a. */
function products(a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array[] {
  const sums = Array.from(a[0] ?? [], () => new Float64Array(b[0]?.length ?? 0));
  a.forEach((row, n) => sums.forEach((sum, i) => addScaled(sum, b[n], at(row, i))));
  return sums;
}

/** Computes target += factor · source. */
function addScaled(target: Row, source: Row, factor: number): void {
  assert(target && target.length === source?.length, "only rows of one width add up");
  for (let i = 0; i < target.length; i++) target[i] = at(target, i) + factor * at(source, i);
}

/** Solve a · x = b for a symmetric positive definite a. Leaves x in b, and U of a = Uᵀ · U above a's diagonal. */
function solve(a: readonly Float64Array[], b: readonly Float64Array[]): void {
  a.forEach((row, i) => {
    const right = b[i];
    assert(right && at(row, i) > 0, "the inputs depend on each other: add a ridge");
    const scale = 1 / Math.sqrt(at(row, i)) - 1;
    addScaled(row, row, scale);
    addScaled(right, right, scale);
    for (let k = i + 1; k < a.length; k++) {
      addScaled(a[k], row, -at(row, k));
      addScaled(b[k], right, -at(row, k));
    }
  });
  for (let i = a.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < a.length; k++) addScaled(b[i], b[k], -at(a[i], k));
    addScaled(b[i], b[i], 1 / at(a[i], i) - 1);
  }
}
