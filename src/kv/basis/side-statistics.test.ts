import { describe, expect, test } from "vitest";
import { denseCovariance, factorCovariance, weightedCovariance } from "./covariance.ts";
import { strongestDirections } from "./fit-basis.ts";
import {
  matrixOf,
  orthonormaliseRows,
  rowOf,
  seededRandom,
  times,
  transposed,
} from "../../linalg/matrix.ts";
import {
  seenMoments,
  firstSketch,
  meanOf,
  renewedSketch,
  sketchSize,
  type SideStatistics,
} from "./side-statistics.ts";
import { finish } from "../../linalg/stepped-work.ts";

const CHANNELS = 64;
const TOKENS = 400;

/** Rows [tokens, channels] around a mean, of a falling spectrum. */
function randomRows(decay: (i: number) => number) {
  const random = seededRandom(8);
  const axes = matrixOf(Float64Array.from({ length: CHANNELS ** 2 }, random), CHANNELS);
  finish(orthonormaliseRows(axes, random));
  const latents = matrixOf(Float64Array.from({ length: TOKENS * CHANNELS }, random), CHANNELS);
  latents.values.forEach((value, at) => {
    latents.values[at] = value * Math.sqrt(decay(at % CHANNELS));
  });
  const rows = finish(times(latents, axes));
  rows.values.forEach((value, at) => (rows.values[at] = value + Math.sin(at % CHANNELS)));
  return rows;
}

type Rows = ReturnType<typeof randomRows>;

/** What the GPU would add up, about the mean of the first 100 rows. */
function statisticsOf(rows: Rows, sketch?: Float32Array): SideStatistics {
  const reference = new Float32Array(CHANNELS);
  for (let row = 0; row < 100; row++)
    rowOf(rows, row).forEach((value, i) => (reference[i] = (reference[i] ?? NaN) + value / 100));
  const moved = matrixOf(
    rows.values.map((value, at) => value - (reference[at % CHANNELS] ?? NaN)),
    CHANNELS,
  );
  const sums = new Float32Array(CHANNELS);
  moved.values.forEach((value, at) => (sums[at % CHANNELS] = (sums[at % CHANNELS] ?? 0) + value));
  const square = finish(times(transposed(moved), moved));
  if (!sketch) {
    const products = Float32Array.from(square.values, (value, at) =>
      at % CHANNELS < Math.floor(at / CHANNELS) ? NaN : value,
    );
    return { tokens: TOKENS, reference, sums, products };
  }
  const size = sketch.length / CHANNELS;
  const products = Float32Array.from(finish(times(square, matrixOf(sketch, size))).values);
  return { tokens: TOKENS, reference, sums, products, sketch };
}

function meanRow(rows: Rows): Float64Array {
  const mean = new Float64Array(CHANNELS);
  rows.values.forEach((value, at) => {
    mean[at % CHANNELS] = (mean[at % CHANNELS] ?? 0) + value / TOKENS;
  });
  return mean;
}

/** Share of the weighted variance that directions hold. */
function captured(rows: Rows, weighting: Float32Array, directions: Rows): number {
  const mean = meanRow(rows);
  const about = matrixOf(
    rows.values.map((value, at) => value - (mean[at % CHANNELS] ?? NaN)),
    CHANNELS,
  );
  // Its blocks are multiples of the identity.
  about.values.forEach((value, at) => {
    const weight = weighting[(at % CHANNELS) * 4 + (at % 4)] ?? NaN;
    about.values[at] = value * weight;
  });
  const square = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0);
  const along = finish(times(about, transposed(directions)));
  return square(along.values) / square(about.values);
}

/** 4 channels a head; each head another multiple of the identity. */
const WEIGHTING = Float32Array.from({ length: CHANNELS * 4 }, (_, at) =>
  (at % 16) % 5 === 0 ? 1 + (Math.floor(at / 16) % 5) : 0,
);

function fitted(statistics: SideStatistics, rank: number): Rows {
  const { is, matrix } = finish(seenMoments(statistics));
  const seen = is === "covariance" ? denseCovariance(matrix) : factorCovariance(matrix);
  const covariance = weightedCovariance(seen, WEIGHTING);
  return finish(strongestDirections(covariance, rank)).vectors;
}

describe("side statistics", () => {
  test("the mean is of all rows, wherever the reference lies", () => {
    const rows = randomRows((i) => 1 / (1 + i));
    const mean = meanRow(rows);
    meanOf(statisticsOf(rows)).forEach((value, i) => {
      expect(value).toBeCloseTo(mean[i] ?? NaN, 5);
    });
  });

  test("exact: as good as can be", () => {
    const rows = randomRows((i) => 1 / (1 + i));
    const rank = 10;
    const best = captured(rows, WEIGHTING, fitted(statisticsOf(rows), rank));
    const sketch = firstSketch(CHANNELS, CHANNELS);
    const whole = captured(rows, WEIGHTING, fitted(statisticsOf(rows, sketch), rank));
    // A sketch of as many vectors as channels loses nothing.
    expect(whole / best).toBeGreaterThan(0.9999);
    expect(whole / best).toBeLessThan(1.0001);
  });

  test("a sketch finds a low rank, and comes nearer to a slow spectrum when renewed", () => {
    const rank = 10;
    const low = randomRows((i) => (i < 10 ? 1 : 1e-4));
    const slow = randomRows((i) => 1 / (1 + i));
    const share = (rows: Rows, sketch?: Float32Array) =>
      captured(rows, WEIGHTING, fitted(statisticsOf(rows, sketch), rank));
    const first = firstSketch(CHANNELS, 20);
    expect(share(low, first) / share(low)).toBeGreaterThan(0.99);
    const renewed = finish(renewedSketch(statisticsOf(slow, first), WEIGHTING));
    const [before, after] = [share(slow, first) / share(slow), share(slow, renewed) / share(slow)];
    expect(before).toBeGreaterThan(0.8);
    expect(after).toBeGreaterThan(before);
    expect(after).toBeGreaterThan(0.97);
  });

  test("few channels, and sketches that are no smaller, are exact", () => {
    expect(sketchSize(768, 300)).toBe(0);
    expect(sketchSize(1024, 100)).toBe(0);
    expect(sketchSize(2048, 512)).toBe(544);
    expect(sketchSize(2048, 1000)).toBe(0);
  });
});
