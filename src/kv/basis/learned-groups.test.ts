import { expect, test } from "vitest";
import { learnedGroups } from "./learned-groups.ts";

const PIP = { layers: 12, kvHeads: 2, headDim: 32, contextTokens: 2048 };
const QWEN = { layers: 28, kvHeads: 8, headDim: 128, contextTokens: 4096 };

const sizes = (weightBytes: number, shape: typeof PIP) =>
  learnedGroups(weightBytes, shape)?.map(({ layers }) => layers.end - layers.start);

test("with room enough all layers of a value are transformed together", () => {
  expect(sizes(100e6, PIP)).toEqual([12]);
  expect(sizes(10e9, QWEN)).toEqual([4, 4, 4, 4, 4, 4, 4]);
});

test("with less room fewer, so that each has three fifths of its components at least", () => {
  expect(sizes(2.6e6, PIP)).toEqual([4, 4, 4]);
  for (const { components } of learnedGroups(2.6e6, PIP) ?? [])
    expect(components[0]).toBeGreaterThanOrEqual(0.6 * 256);
  expect(new Set(sizes(350e6, QWEN))).toEqual(new Set([1]));
});

test("without room for one component there is nothing to learn", () => {
  expect(learnedGroups(1000, PIP)).toBeUndefined();
});
