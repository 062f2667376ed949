import { describe, expect, test } from "vitest";
import {
  centredMoments,
  denseCovariance,
  factorCovariance,
  weightedCovariance,
} from "./covariance.ts";
import { fitSide, strongestDirections } from "./fit-basis.ts";
import {
  matrixOf,
  orthonormaliseRows,
  rowOf,
  seededRandom,
  times,
  transposed,
} from "../../linalg/matrix.ts";
import { finish, finishInSlices } from "../../linalg/stepped-work.ts";
import { symmetricEigen } from "../../linalg/symmetric-eigen.ts";
import { fitWeightSide } from "./weight-basis.ts";

const CHANNELS = 96;

/** A covariance of known eigenvalues and (returned as rows) eigenvectors. */
function knownCovariance(spectrum: readonly number[], seed = 7) {
  const random = seededRandom(seed);
  const size = spectrum.length;
  const axes = matrixOf(Float64Array.from({ length: size * size }, random), size);
  finish(orthonormaliseRows(axes, random));
  const scaled = matrixOf(axes.values, size);
  spectrum.forEach((value, i) => {
    rowOf(scaled, i).forEach((x, j, row) => (row[j] = x * value));
  });
  return { axes, matrix: finish(times(transposed(axes), scaled)) };
}

/** Σ bᵀ C b over rows. */
function energy(components: Float32Array, matrix: ReturnType<typeof matrixOf>): number {
  const rows = matrixOf(components, matrix.rows);
  const products = finish(times(rows, matrix));
  return products.values.reduce((sum, value, i) => sum + value * (rows.values[i] ?? NaN), 0);
}

function identity(channels: number, headDim: number): Float32Array {
  const block = headDim ** 2;
  return Float32Array.from({ length: channels * headDim }, (_, at) =>
    (at % block) % (headDim + 1) === 0 ? 1 : 0,
  );
}

describe("strongestDirections", () => {
  test("finds eigenvalues and vectors of a falling spectrum", () => {
    const spectrum = Array.from({ length: CHANNELS }, (_, i) => Math.exp(-i / 6));
    const { axes, matrix } = knownCovariance(spectrum);
    const { values, vectors } = finish(strongestDirections(denseCovariance(matrix), 12));
    values.forEach((value, i) => {
      expect(value / (spectrum[i] ?? NaN)).toBeCloseTo(1, 6);
    });
    for (let i = 0; i < 12; i++) {
      const cosine = rowOf(vectors, i).reduce(
        (sum, x, j) => sum + x * (rowOf(axes, i)[j] ?? NaN),
        0,
      );
      expect(Math.abs(cosine)).toBeCloseTo(1, 6);
    }
  });

  for (const { why, spectrum, least } of [
    { why: "slow", spectrum: (i: number) => 1 / (1 + i), least: 0.995 },
    { why: "flat", spectrum: () => 1, least: 0.999 },
    { why: "low-rank", spectrum: (i: number) => (i < 10 ? 1 : 0), least: 0.9999 },
  ])
    test(`captures nearly what the best would of a ${why} spectrum`, () => {
      const values = Array.from({ length: CHANNELS }, (_, i) => spectrum(i));
      const { matrix } = knownCovariance(values);
      const { vectors } = finish(strongestDirections(denseCovariance(matrix), 24));
      const best = values.slice(0, 24).reduce((sum, value) => sum + value, 0);
      const captured = energy(Float32Array.from(vectors.values), matrix);
      expect(captured / best).toBeGreaterThan(least);
      expect(captured / best).toBeLessThan(1.000001);
    });

  test("all channels: exactly, and orthonormal where there is nothing", () => {
    const { matrix } = knownCovariance(
      Array.from({ length: CHANNELS }, (_, i) => (i < 5 ? 5 - i : 0)),
    );
    const { values, vectors } = finish(strongestDirections(denseCovariance(matrix), CHANNELS));
    [5, 4, 3, 2, 1, 0].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 10);
    });
    const gram = finish(times(vectors, transposed(vectors)));
    gram.values.forEach((value, at) => {
      expect(value).toBeCloseTo(at % (CHANNELS + 1) === 0 ? 1 : 0, 10);
    });
  });
});

describe("fitSide", () => {
  const factor = matrixOf(Float64Array.from({ length: CHANNELS * 20 }, seededRandom(11)), 20);
  const dense = finish(times(factor, transposed(factor)));

  test("of a factor and of its product is the same, deviations are roots of eigenvalues", () => {
    const [mean, weighting] = [new Float32Array(CHANNELS), identity(CHANNELS, 16)];
    const sides = [factorCovariance(factor), denseCovariance(dense)].map((covariance) =>
      finish(fitSide({ mean, weighting, covariance }, 8)),
    );
    const exact = finish(symmetricEigen(dense.values, CHANNELS)).values;
    for (const { deviations, components } of sides) {
      deviations.forEach((deviation, i) => {
        expect(deviation / Math.sqrt(exact[i] ?? NaN)).toBeCloseTo(1, 4);
      });
      expect(components.length).toBe(8 * CHANNELS);
    }
    const again = finish(fitSide({ mean, weighting, covariance: denseCovariance(dense) }, 8));
    expect(again.components).toEqual(sides[1]?.components);
  });

  test("a weighting turns the covariance", () => {
    const random = seededRandom(2);
    const weighting = identity(CHANNELS, 4);
    // Symmetric blocks, each another.
    for (let at = 0; at < weighting.length; at += 16)
      for (let i = 0; i < 4; i++)
        for (let j = 0; j <= i; j++) {
          const value = (i === j ? 2 : 0) + 0.3 * random();
          weighting[at + i * 4 + j] = value;
          weighting[at + j * 4 + i] = value;
        }
    const whole = matrixOf(new Float64Array(CHANNELS * CHANNELS), CHANNELS);
    weighting.forEach((value, at) => {
      const [row, column] = [Math.floor(at / 4), at % 4];
      whole.values[row * CHANNELS + row - (row % 4) + column] = value;
    });
    const expected = finish(times(finish(times(whole, dense)), whole));
    const unit = matrixOf(Float64Array.of(...identity(CHANNELS, CHANNELS)), CHANNELS);
    const actual = finish(weightedCovariance(denseCovariance(dense), weighting).apply(unit));
    actual.values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.values[i] ?? NaN, 9);
    });
  });

  test("moments about another point are centred", () => {
    // Of 2 tokens, (3, 1) and (5, 1), about (1, 1).
    const moments = matrixOf(Float64Array.of(4 + 16, 0, 0, 0), 2);
    const centred = finish(centredMoments(moments, 2, Float64Array.of(3, 0)));
    expect([...centred.values]).toEqual([1, 0, 0, 0]);
  });

  test("from weights: left singular vectors of the projection", () => {
    for (const hidden of [20, 90]) {
      const projection = Float32Array.from({ length: CHANNELS * hidden }, seededRandom(hidden));
      const side = finish(
        fitWeightSide({ projection, weighting: identity(CHANNELS, 16) }, CHANNELS, 10),
      );
      const rows = matrixOf(projection, hidden);
      const product = finish(times(rows, transposed(rows)));
      const exact = finish(symmetricEigen(product.values, CHANNELS)).values;
      const best = exact.slice(0, 10).reduce((sum, value) => sum + value, 0);
      expect(energy(side.components, product) / best).toBeGreaterThan(0.99);
      expect(side.mean.every((value) => value === 0)).toBe(true);
    }
  });

  test("in slices: lets others run, and stops when told", async () => {
    const { matrix } = knownCovariance(Array.from({ length: CHANNELS }, (_, i) => 1 / (1 + i)));
    const side = {
      mean: new Float32Array(CHANNELS),
      weighting: identity(CHANNELS, 16),
      covariance: denseCovariance(matrix),
    };
    const others = { ran: 0 };
    const timer = setInterval(() => others.ran++);
    const fitted = await finishInSlices(fitSide(side, 24), { sliceMs: 0 });
    clearInterval(timer);
    expect(others.ran).toBeGreaterThan(3);
    expect(fitted?.components).toEqual(finish(fitSide(side, 24)).components);
    const abort = new AbortController();
    const stopped = finishInSlices(fitSide(side, 24), { sliceMs: 0, signal: abort.signal });
    abort.abort();
    expect(await stopped).toBeUndefined();
  });
});
