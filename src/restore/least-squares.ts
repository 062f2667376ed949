import { at } from "../shared/at.ts";

/** One measurement, whose `ms` is about the sum of `terms[j] × coefficients[j]`. */
export interface Observation {
  terms: readonly number[];
  ms: number;
  /** What a deviation is measured against, so that short and long measurements count alike. */
  scaleMs: number;
}

/** Deviations below this share count by their square, larger ones in proportion. */
const EXPECTED_DEVIATION = 0.02;
const ITERATIONS = 30;
/** How much a prior coefficient counts: a measurement moves two of them by about an eighth. */
const PRIOR_WEIGHT = 2;

interface Row {
  terms: readonly number[];
  target: number;
  weight: number;
  isPrior: boolean;
}

/**
 * Fits coefficients, none of them negative, by iteratively reweighted least squares with Huber's loss: one
 * measurement that is far off hardly counts.
 *
 * A coefficient that the measurements leave open stays at its prior. Without a prior, later terms become 0.
 *
 * @param prior earlier coefficients, which the result is drawn to; a 0 draws to nothing
 */
export function fitNonNegative(
  observations: readonly Observation[],
  prior: readonly number[] = [],
): number[] {
  const rows = [...observations.map(rowOf), ...prior.flatMap(priorRow)];
  const count = rows[0]?.terms.length ?? 0;
  const scales = Array.from({ length: count }, (_, j) => columnScale(rows, j));
  const scaled = rows.map((row) => ({
    ...row,
    terms: row.terms.map((term, j) => term / at(scales, j)),
  }));
  let found: number[] = scales.map(() => 0);
  for (let i = 0; i < ITERATIONS; i++) {
    found = weightedFit(scaled, count);
    for (const row of scaled)
      row.weight = row.isPrior ? priorWeight(row, found) : robustWeight(row, found);
  }
  return found.map((value, j) => value / at(scales, j));
}

function rowOf({ terms, ms, scaleMs }: Observation): Row {
  const scaled = terms.map((term) => term / scaleMs);
  return { terms: scaled, target: ms / scaleMs, weight: 1, isPrior: false };
}

function priorRow(value: number, j: number, all: readonly number[]): Row[] {
  if (value <= 0) return [];
  const terms = all.map((_, k) => (k === j ? 1 / value : 0));
  return [{ terms, target: 1, weight: PRIOR_WEIGHT, isPrior: true }];
}

const columnScale = (rows: readonly Row[], j: number): number =>
  Math.max(...rows.map(({ terms }) => at(terms, j))) || 1;

const robustWeight = (row: Row, coefficients: readonly number[]): number =>
  1 / Math.max(Math.abs(deviation(row, coefficients)), EXPECTED_DEVIATION);

/** A prior pulls in proportion to the deviation until its coefficient has doubled. Further off it pulls no harder. */
const priorWeight = (row: Row, coefficients: readonly number[]): number =>
  PRIOR_WEIGHT / Math.max(1, Math.abs(deviation(row, coefficients)));

const deviation = ({ terms, target }: Row, coefficients: readonly number[]): number =>
  target - terms.reduce((sum, term, j) => sum + term * at(coefficients, j), 0);

/**
 * The best of all fits that use a subset of the terms and need no negative coefficient. The optimum is one of
 * them, and with two or three terms there are few.
 */
function weightedFit(rows: readonly Row[], count: number): number[] {
  let best: number[] = Array.from({ length: count }, () => 0);
  let least = squares(rows, best);
  for (let used = 1; used < 2 ** count; used++) {
    const columns = best.map((_, j) => j).filter((j) => used & (1 << j));
    const solved = solve(normalEquations(rows, columns));
    if (!solved?.every((value) => value >= 0)) continue;
    const candidate = best.map((_, j) =>
      columns.includes(j) ? at(solved, columns.indexOf(j)) : 0,
    );
    const sum = squares(rows, candidate);
    // The margin keeps rounding errors from deciding: of equal fits, the one of the earlier terms is taken.
    if (sum < least - 1e-9) [best, least] = [candidate, sum];
  }
  return best;
}

const squares = (rows: readonly Row[], coefficients: readonly number[]): number =>
  rows.reduce((sum, row) => sum + row.weight * deviation(row, coefficients) ** 2, 0);

/** The normal equations, as rows of a matrix, each with its right-hand side at the end. */
function normalEquations(rows: readonly Row[], columns: readonly number[]): number[][] {
  const product = (i: number, get: (row: Row) => number) =>
    rows.reduce((sum, row) => sum + row.weight * at(row.terms, i) * get(row), 0);
  return columns.map((i) => [
    ...columns.map((j) => product(i, ({ terms }) => at(terms, j))),
    product(i, ({ target }) => target),
  ]);
}

/** Gauss–Jordan elimination with pivots. Undefined if the equations do not determine a solution. */
function solve(equations: number[][]): number[] | undefined {
  const size = equations.length;
  for (let j = 0; j < size; j++) {
    const order = equations.slice(j).toSorted((a, b) => Math.abs(at(b, j)) - Math.abs(at(a, j)));
    equations.splice(j, size - j, ...order);
    const pivotRow = at(equations, j);
    const pivot = at(pivotRow, j);
    if (Math.abs(pivot) < 1e-9) return undefined;
    for (const [i, row] of equations.entries()) {
      if (i === j) continue;
      const factor = at(row, j) / pivot;
      for (let k = j; k <= size; k++) row[k] = at(row, k) - factor * at(pivotRow, k);
    }
  }
  return equations.map((row, i) => at(row, size) / at(row, i));
}
