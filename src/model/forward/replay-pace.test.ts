import { expect, test } from "vitest";
import { FIRST_SLICE, nextSlice, SLICE_MS, type ReplaySlice } from "./replay-pace.ts";

const MOST = { tokens: 96, layers: 30 };

/** The slices of a device that takes so long for a token in a layer, until they stay as they are. */
function settled(tokenLayerMs: number): { slice: ReplaySlice; longestMs: number } {
  let slice = FIRST_SLICE;
  let longestMs = 0;
  for (let i = 0; i < 40; i++) {
    const ms = slice.tokens * slice.layers * tokenLayerMs;
    longestMs = Math.max(longestMs, ms);
    slice = nextSlice(slice, ms, MOST);
  }
  return { slice, longestMs };
}

test("a fast device runs all at once, in the end", () => {
  expect(settled(0.001).slice).toEqual(MOST);
});

test("a slow device runs few layers at once, and a very slow one few tokens", () => {
  // SmolLM2 on the processor: 100 tokens a second through 30 layers.
  expect(settled(1 / 3).slice).toEqual({ tokens: 96, layers: 1 });
  expect(settled(2).slice).toEqual({ tokens: 16, layers: 1 });
  expect(settled(10).slice.layers).toBe(1);
  expect(settled(10).slice.tokens).toBeLessThanOrEqual(SLICE_MS / 10);
});

test("no piece takes longer than planned, once the first one has shown how long it takes", () => {
  for (const ms of [0.001, 0.01, 0.1, 0.3, 1, 3])
    expect(settled(ms).longestMs).toBeLessThanOrEqual(SLICE_MS);
});

test("a piece never vanishes", () => {
  expect(nextSlice({ tokens: 1, layers: 1 }, 1000, MOST)).toEqual({ tokens: 1, layers: 1 });
  expect(nextSlice({ tokens: 96, layers: 3 }, 1000, MOST)).toEqual({ tokens: 96, layers: 2 });
});
