import { expect, test } from "vitest";
import { learnedGroups } from "./learned-groups.ts";

const PIP = { layers: 12, kvHeads: 2, headDim: 32, contextTokens: 2048 };
const QWEN = { layers: 28, kvHeads: 8, headDim: 128, contextTokens: 4096 };

const sizes = (weightBytes: number, shape: typeof PIP) =>
  learnedGroups(weightBytes, shape)?.map(({ layers }) => layers.end - layers.start);

test("with room enough all layers of a value are transformed together", () => {
  expect(sizes(100e6, PIP)).toEqual([12]);
  expect(sizes(278e6, { ...QWEN, layers: 24, kvHeads: 2, headDim: 64 })).toEqual([12, 12]);
});

test("no more than an eigenvector problem may have channels", () => {
  expect(sizes(10e9, QWEN)).toEqual(Array(28).fill(1));
  const heads80 = { ...QWEN, layers: 3, kvHeads: 8, headDim: 80 };
  expect(sizes(10e9, heads80)).toEqual([2, 1]);
  expect(sizes(10e9, { ...QWEN, kvHeads: 32, headDim: 64 })).toBeUndefined();
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

test("nothing is learned where its statistics would take more memory than the weights", () => {
  // 28 layers of 1,024 channels: 4 MiB for K and for V of each.
  expect(sizes(236e6, QWEN)).toEqual(Array(28).fill(1));
  expect(sizes(234e6, QWEN)).toBeUndefined();
});
