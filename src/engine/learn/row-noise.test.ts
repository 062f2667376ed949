import { expect, test } from "vitest";
import { seededRandom } from "../../linalg/matrix.ts";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";
import { withNoise } from "./row-noise.ts";

const TOKENS = 96;
const START = 40;

/** Shapes of heads that are and are not a power of two. */
const SHAPES = [
  { kvHeads: 2, headDim: 64 },
  { kvHeads: 1, headDim: 80 },
].map((shape) => ({
  ...shape,
  frequencies: Array.from({ length: shape.headDim / 2 }, (_, d) => 0.8 ** d),
}));

type Shape = (typeof SHAPES)[number];

/** W of one layer: a diagonal from 1 to 2. */
const weightingOf = ({ kvHeads, headDim }: Shape) =>
  Float32Array.from({ length: kvHeads * headDim ** 2 }, (_, at) => {
    const [row, column] = [Math.floor(at / headDim) % headDim, at % headDim];
    return row === column ? 1 + row / headDim : 0;
  });

/** Rows [TOKENS, 2, kvHeads, headDim] whose numbers without a position vary by 1/√3 about `bias` times their channel. */
function rowsOf(shape: Shape, bias: number): Float32Array {
  const { kvHeads, headDim } = shape;
  const random = seededRandom(5);
  const rows = new Float32Array(TOKENS * 2 * kvHeads * headDim);
  for (let at = 0; at < rows.length; at++)
    rows[at] = random() + bias * Math.sin(at % (kvHeads * headDim));
  return turned(rows, shape, 1);
}

/** Keys turned by the angle of their position, or back. */
function turned(rows: Float32Array, { kvHeads, headDim, frequencies }: Shape, sign: 1 | -1) {
  const half = headDim / 2;
  return rows.map((value, at) => {
    const token = Math.floor(at / (2 * kvHeads * headDim));
    if (at % (2 * kvHeads * headDim) >= kvHeads * headDim) return value;
    const d = at % headDim;
    const angle = sign * (START + token) * (frequencies[d % half] ?? NaN);
    const partner = d < half ? -(rows[at + half] ?? NaN) : (rows[at - half] ?? NaN);
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function noisy(shape: Shape, side: "keys" | "values", bias: number) {
  const rows = encodeFloats(rowsOf(shape, bias), "f16");
  const weighting = weightingOf(shape);
  const noise = {
    ...{ side, layer: 0, shape, start: START, random: seededRandom(9) },
    weightings: { keys: weighting, values: weighting },
  };
  const found = withNoise(Uint8Array.from(rows), noise);
  const back = (bytes: Uint8Array) => turned(decodeFloats(bytes, "f16"), shape, -1);
  const [before, after] = [back(rows), back(found.rows)];
  return { variance: found.variance, error: after.map((value, at) => value - (before[at] ?? NaN)) };
}

for (const shape of SHAPES)
  for (const side of ["keys", "values"] as const) {
    const name = `heads of ${shape.headDim}, ${side}`;
    const channels = shape.kvHeads * shape.headDim;

    test(`${name}: as much noise in the weighted space as is said, and none on the other side`, () => {
      const { variance, error } = noisy(shape, side, 0);
      let squares = 0;
      let elsewhere = 0;
      for (const [at, value] of error.entries()) {
        const isKey = at % (2 * channels) < channels;
        const weight = 1 + (at % shape.headDim) / shape.headDim;
        if (isKey === (side === "keys")) squares += (value * weight) ** 2;
        else elsewhere = Math.max(elsewhere, Math.abs(value));
      }
      // The keys that are compared are turned back, and rounded to f16 once more.
      expect(elsewhere).toBeLessThan(2 ** -9);
      expect(squares / (TOKENS * channels) / variance).toBeCloseTo(1, 1);
    });

    test(`${name}: a bias that all tokens have makes no more noise`, () => {
      const plain = noisy(shape, side, 0).variance;
      const biased = noisy(shape, side, 40).variance;
      expect(biased / plain).toBeCloseTo(1, 1);
    });
  }
