import { expect, test } from "vitest";
import { equalNumbers } from "./equal-numbers-setup.ts";

test("arrays of the same bytes are equal, wherever in their buffers they lie", () => {
  const numbers = Uint16Array.of(1, 2, 3);
  expect(equalNumbers(numbers, Uint16Array.of(0, 1, 2, 3).subarray(1))).toBe(true);
  expect(equalNumbers(Float32Array.of(NaN), Float32Array.of(NaN))).toBe(true);
});

test("of everything else nothing is said", () => {
  const numbers = Uint8Array.of(1, 2);
  for (const other of [Uint8Array.of(1, 3), Uint8Array.of(1), Int8Array.of(1, 2), [1, 2], null])
    expect(equalNumbers(numbers, other)).toBeUndefined();
  expect(equalNumbers(Float32Array.of(0), Float32Array.of(-0))).toBeUndefined();
});

test("arrays that differ are still found to differ", () => {
  const rows = () => new Uint16Array(100_000);
  const other = rows();
  other[99_999] = 1;
  expect(rows()).toEqual(rows());
  expect(rows()).not.toEqual(other);
  expect({ rows: rows() }).not.toEqual({ rows: other });
});
