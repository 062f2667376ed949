import { describe, expect, test } from "vitest";
import { seededRandom } from "../../linalg/matrix.ts";
import { f32ToF16 } from "../../shared/number-formats.ts";
import { meanCosine, mergeLoss } from "./layer-likeness.ts";

const SHAPE = { kvHeads: 2, headDim: 4 };
const TOKENS = 40;

const bits = (values: readonly number[]) => Uint16Array.from(values, f32ToF16);

/** Rows of which every vector is one of these: of keys, and of values. */
const rowsOf = (keys: readonly number[], values: readonly number[], tokens = 1) =>
  bits(Array.from({ length: tokens }, () => [...keys, ...keys, ...values, ...values]).flat());

const random = seededRandom(3);
const noise = () => bits(Array.from({ length: TOKENS * 16 }, random));

describe("the cosine of two layers", () => {
  test("of keys and of values, whatever their lengths", () => {
    const one = rowsOf([1, 0, 0, 0], [1, 1, 0, 0]);
    const other = rowsOf([0, 7, 0, 0], [9, 0, 0, 0]);
    const { keys, values } = meanCosine(one, other, SHAPE);
    expect(keys).toBe(0);
    expect(values).toBeCloseTo(Math.SQRT1_2, 12);
  });

  test("leaves out what has no direction", () => {
    const one = rowsOf([1, 0, 0, 0], [1, 0, 0, 0], 2);
    one.fill(0, 0, 4);
    const { keys, values } = meanCosine(one, rowsOf([2, 0, 0, 0], [-1, 0, 0, 0], 2), SHAPE);
    expect([keys, values]).toEqual([1, -1]);
  });
});

describe("what merging two layers loses", () => {
  test("is 2 (1 - cos(θ / 2)) of their energy", () => {
    const one = rowsOf([1, 0, 0, 0], [3, 4, 0, 0], TOKENS);
    const other = rowsOf([0, 5, 0, 0], [4, 3, 0, 0], TOKENS);
    const { keys, values } = mergeLoss([one, other], SHAPE, 0);
    expect(keys).toBeCloseTo(2 * (1 - Math.SQRT1_2), 3);
    const halfAngle = Math.acos(0.96) / 2;
    expect(values).toBeCloseTo(2 * (1 - Math.cos(halfAngle)), 3);
  });

  test("is nothing but f16's rounding where the directions are the same", () => {
    const rows = noise();
    const { keys, values } = mergeLoss([rows, rows], SHAPE, 0);
    expect(Math.max(keys, values)).toBeLessThan(1e-6);
  });

  test("falls with the share of tokens that are kept, and is nothing if all are", () => {
    const pair = [noise(), noise()] as const;
    const losses = [0, 0.1, 0.5, 1].map((share) => mergeLoss(pair, SHAPE, share).keys);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(losses[0]).toBeGreaterThan(0.3);
    expect(losses.at(-1)).toBe(0);
  });

  test("refuses rows that are not whole", () => {
    expect(() => mergeLoss([bits([1, 2]), bits([1, 2])], SHAPE, 0)).toThrow("whole");
  });
});
