import { expect, test } from "vitest";
import { layerBatches } from "./layer-batches.ts";

const groups = [
  { start: 0, end: 4 },
  { start: 4, end: 6 },
];

const shown = (cacheOf: readonly number[], mostCached: number) =>
  layerBatches({ cacheOf, groups, mostCached }).map(
    ({ layers, cached }) => `${layers.start}-${layers.end}: ${cached.join(" ")}`,
  );

test("a batch is what is decoded together", () => {
  expect(shown([0, 1, 2, 3, 4, 5], 9)).toEqual(["0-4: 0 1 2 3", "4-6: 4 5"]);
});

test("a batch has no more layers' rows than there is room for", () => {
  expect(shown([0, 1, 2, 3, 4, 5], 3)).toEqual(["0-3: 0 1 2", "3-4: 3", "4-6: 4 5"]);
  expect(shown([0, 1, 2, 3, 4, 5], 1)).toHaveLength(6);
});

test("layers that attend to rows of a batch are in it, whatever the room", () => {
  expect(shown([0, 0, 1, 1, 1, 4], 2)).toEqual(["0-5: 0 1", "5-6: 4"]);
});

test("rows that later layers attend to are exchanged again for them", () => {
  expect(shown([0, 4, 0, 4], 9)).toEqual(["0-1: 0", "1-2: 4", "2-3: 0", "3-4: 4"]);
});
