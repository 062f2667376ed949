import { describe, expect, test } from "vitest";
import { keyWeighting, sensitiveWeighting, valueWeighting } from "./basis-weighting.ts";
import { seededRandom } from "../../linalg/matrix.ts";
import { modelWeightings } from "./model-weightings.ts";
import { finish } from "../../linalg/stepped-work.ts";
import { inverseOf } from "../codecs/transform/transform-matrices.ts";

const HEAD_DIM = 8;
const FREQUENCIES = [1, 0.3, 0.1, 0.01];

/** RoPE, half-split. */
function turned(x: readonly number[], distance: number): number[] {
  const half = x.length / 2;
  return x.map((value, d) => {
    const angle = distance * (FREQUENCIES[d % half] ?? NaN);
    const partner = x[(d + half) % x.length] ?? NaN;
    return value * Math.cos(angle) + (d < half ? -partner : partner) * Math.sin(angle);
  });
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

const randomVector = (random: () => number, length: number) => Array.from({ length }, random);

/** |W x|² for a head's block of a weighting. */
function weightedSquare(block: Float32Array, x: readonly number[]): number {
  const rows = x.map((_, row) => [...block.subarray(row * x.length, (row + 1) * x.length)]);
  return rows.reduce((sum, row) => sum + dot(row, x) ** 2, 0);
}

const outer = (x: readonly number[]) => x.flatMap((a) => x.map((b) => a * b));

const sumOf = (parts: readonly number[][]) =>
  Float64Array.from(parts[0] ?? [], (_, i) =>
    parts.reduce((sum, part) => sum + (part[i] ?? NaN), 0),
  );

describe("keyWeighting", () => {
  test("an error's square is the mean squared error of scores at all distances", () => {
    const random = seededRandom(3);
    const tokens = 40;
    // Two query heads a token.
    const queries = Array.from({ length: 2 * tokens }, () => randomVector(random, HEAD_DIM));
    const weighting = finish(
      keyWeighting(
        { sums: sumOf(queries.map(outer)), tokens },
        { headDim: HEAD_DIM, frequencies: FREQUENCIES, maxDistance: 1024 },
      ),
    );
    const error = randomVector(random, HEAD_DIM);
    const ratio = 1024 ** (1 / 95);
    const distances = Array.from({ length: 96 }, (_, i) => Math.round(ratio ** i));
    // The key at 5; its queries further on.
    const squares = distances.flatMap((distance) =>
      queries.map((query) => dot(turned(query, 5 + distance), turned(error, 5)) ** 2 / HEAD_DIM),
    );
    const mean = squares.reduce((sum, value) => sum + value, 0) / distances.length / tokens;
    expect(weightedSquare(weighting, error) / mean).toBeCloseTo(1, 5);
  });

  test("is positive definite and symmetric where queries span little", () => {
    const query = [0, 0, 1, 0, 0, 0, 0, 0];
    const weighting = finish(
      keyWeighting(
        { sums: sumOf([outer(query)]), tokens: 1 },
        { headDim: HEAD_DIM, frequencies: FREQUENCIES },
      ),
    );
    expect(() => inverseOf(weighting, HEAD_DIM)).not.toThrow();
    weighting.forEach((value, at) => {
      const mirrored = weighting[(at % HEAD_DIM) * HEAD_DIM + Math.floor(at / HEAD_DIM)];
      expect(value).toBeCloseTo(mirrored ?? NaN, 6);
    });
  });

  test("without queries is the identity of every layer and head", () => {
    const weighting = finish(
      keyWeighting(
        { sums: new Float64Array(3 * HEAD_DIM ** 2), tokens: 0 },
        { headDim: HEAD_DIM, frequencies: FREQUENCIES },
      ),
    );
    weighting.forEach((value, at) => {
      expect(Math.abs(value)).toBe((at % HEAD_DIM ** 2) % (HEAD_DIM + 1) === 0 ? 1 : 0);
    });
  });
});

describe("valueWeighting", () => {
  test("an error's square is the squared error that its query heads leave in the output", () => {
    const random = seededRandom(5);
    const shape = { heads: 4, kvHeads: 2, headDim: 4 };
    const hidden = 24;
    const projection = Float32Array.from({ length: hidden * 16 }, random);
    const weighting = finish(valueWeighting(projection, shape));
    const error = randomVector(random, 4);
    for (const kvHead of [0, 1]) {
      let expected = 0;
      for (const head of [2 * kvHead, 2 * kvHead + 1])
        for (let row = 0; row < hidden; row++) {
          const at = row * 16 + head * 4;
          expected += dot([...projection.subarray(at, at + 4)], error) ** 2;
        }
      const block = weighting.subarray(kvHead * 16, (kvHead + 1) * 16);
      expect(weightedSquare(block, error) / expected).toBeCloseTo(1, 5);
    }
  });
});

test("sensitiveWeighting scales a layer's squares by its sensitivity", () => {
  const scaled = sensitiveWeighting(new Float32Array(8).fill(1), [4, 0]);
  expect([...scaled.subarray(0, 4)]).toEqual([2, 2, 2, 2]);
  // Not to nothing, which could not be undone.
  expect(scaled[4]).toBeCloseTo(0.002, 6);
});

test("modelWeightings: of every layer, scaled by its sensitivity", () => {
  const random = seededRandom(6);
  const shape = { heads: 2, kvHeads: 1, headDim: HEAD_DIM, frequencies: FREQUENCIES };
  const queries = [randomVector(random, HEAD_DIM), randomVector(random, HEAD_DIM)];
  const sums = Float64Array.from(queries.flatMap(outer));
  const projections = [0, 1].map(() => Float32Array.from({ length: 24 * 2 * HEAD_DIM }, random));
  const outputProjection = (layer: number) => projections[layer] ?? new Float32Array();
  const source = { queries: { sums, tokens: 1 }, outputProjection };
  const plain = finish(modelWeightings(source, shape));
  const sensitivity = { keys: [1, 4], values: [9, 1] };
  const scaled = finish(modelWeightings({ ...source, sensitivity }, shape));
  const second = HEAD_DIM ** 2;
  expect(scaled.keys[0]).toBe(plain.keys[0]);
  expect(scaled.keys[second]).toBeCloseTo(2 * (plain.keys[second] ?? NaN), 5);
  expect(scaled.values[0]).toBeCloseTo(3 * (plain.values[0] ?? NaN), 5);
  expect(scaled.values[second]).toBe(plain.values[second]);
  const own = finish(valueWeighting(outputProjection(1), shape));
  expect(plain.values.subarray(second)).toEqual(own);
});
