import { expect, test } from "vitest";
import { layerGroups } from "./chunk-layout.ts";

test("Pip's twelve layers make one value", () => {
  expect(layerGroups({ layers: 12, kvHeads: 2, headDim: 32, contextTokens: 2048 })).toEqual([
    { start: 0, end: 12 },
  ]);
});

test("a larger model's layers are grouped up to 2 MiB, the last group takes the rest", () => {
  // Qwen3-0.6B: 4 KiB a token and layer.
  expect(layerGroups({ layers: 10, kvHeads: 8, headDim: 128, contextTokens: 4096 })).toEqual([
    { start: 0, end: 4 },
    { start: 4, end: 8 },
    { start: 8, end: 10 },
  ]);
});

test("a layer larger than that is a group of its own", () => {
  const groups = layerGroups({ layers: 2, kvHeads: 64, headDim: 128, contextTokens: 4096 });
  expect(groups).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 2 },
  ]);
});
