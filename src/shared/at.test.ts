import { expect, test } from "vitest";
import { at, floatAt, intAt } from "./at.ts";

test("an element that is there", () => {
  expect(at(["a", "b"], 1)).toBe("b");
  expect(at([0], 0)).toBe(0);
  expect(floatAt(Float64Array.of(0, 0.5), 1)).toBe(0.5);
  expect(intAt(Int32Array.of(7, 0), 1)).toBe(0);
});

test.each([-1, 2, 0.5, NaN])("there is no element %d of two", (index) => {
  const message = `no element ${index} of 2`;
  expect(() => at([1, 2], index)).toThrow(message);
  expect(() => floatAt(Float64Array.of(1, 2), index)).toThrow(message);
  expect(() => intAt(Int32Array.of(1, 2), index)).toThrow(message);
});
