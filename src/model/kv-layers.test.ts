import { describe, expect, test } from "vitest";
import { EngineError } from "../shared/engine-error.ts";
import {
  cachedLayers,
  cacheIndexOf,
  kvShapeOf,
  layersByCache,
  layersToRun,
  productShape,
  refuseUnsupportedSharing,
  rowLayers,
} from "./kv-layers.ts";

const ORDINARY = { layers: 4 };
/** Every second layer has K and V. */
const CROSS_LAYER = { layers: 5, kvLayers: [0, 0, 2, 2, 4] };
/** The last three layers attend to the second one. */
const LAST_LAYERS = { layers: 5, kvLayers: [0, 1, 1, 1, 1] };
/** Layers attend to those of one far above. */
const CROSSED = { layers: 5, kvLayers: [0, 1, 0, 3, 1] };

describe("where rows lie", () => {
  test("without a map, every layer has rows of its own", () => {
    expect(cachedLayers(ORDINARY)).toEqual([0, 1, 2, 3]);
    expect(layersByCache(ORDINARY)).toEqual([[0], [1], [2], [3]]);
    expect(rowLayers(ORDINARY)).toBe(4);
  });

  test("a reader attends to the buffer of its cached layer", () => {
    expect([0, 1, 2, 3, 4].map((layer) => cacheIndexOf(CROSS_LAYER, layer))).toEqual([
      0, 0, 1, 1, 2,
    ]);
    expect([0, 1, 2, 3, 4].map((layer) => cacheIndexOf(CROSSED, layer))).toEqual([0, 1, 0, 2, 1]);
    expect(layersByCache(LAST_LAYERS)).toEqual([[0], [1, 2, 3, 4]]);
  });

  test("a reader projects queries only", () => {
    const heads = { heads: 6, kvHeads: 2, headDim: 32 };
    const shapes = [2, 3].map((layer) => productShape({ ...CROSS_LAYER, ...heads }, layer));
    expect(shapes).toEqual([heads, { ...heads, kvHeads: 0 }]);
  });

  test("the cache has a buffer for each cached layer", () => {
    const shape = { kvHeads: 2, headDim: 32, contextTokens: 512 };
    expect(kvShapeOf({ ...LAST_LAYERS, ...shape })).toEqual({ ...shape, layers: 2 });
  });
});

describe("the layers that have to run for rows", () => {
  test("readers run with the next cached layer, and those behind the last one not at all", () => {
    const each = (sharing: typeof CROSS_LAYER) =>
      cachedLayers(sharing).map((_, i) => layersToRun(sharing, { start: i, end: i + 1 }));
    expect(each(CROSS_LAYER)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 3 },
      { start: 3, end: 5 },
    ]);
    expect(each(LAST_LAYERS)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
    ]);
    expect(rowLayers(LAST_LAYERS)).toBe(2);
  });

  test("several buffers at once", () => {
    expect(layersToRun(CROSSED, { start: 1, end: 3 })).toEqual({ start: 1, end: 4 });
    expect(layersToRun(ORDINARY, { start: 0, end: 4 })).toEqual({ start: 0, end: 4 });
  });
});

describe("what is refused", () => {
  const refusalOf = (kvLayers: readonly number[]): string | undefined => {
    try {
      refuseUnsupportedSharing({ layers: 4, kvLayers });
    } catch (error) {
      if (error instanceof EngineError && error.failure.code === "model-unsupported")
        return error.failure.found;
      throw error;
    }
    return undefined;
  };

  test("maps that lead to a cached layer are not", () => {
    refuseUnsupportedSharing(ORDINARY);
    for (const kvLayers of [
      [0, 0, 0, 0],
      [0, 1, 0, 1],
      [0, 1, 2, 3],
    ])
      expect(refusalOf(kvLayers)).toBeUndefined();
  });

  test("lower layers that attend to a top layer, as in Layer-Condensed KV", () => {
    expect(refusalOf([0, 2, 2, 3])).toBe("layer 1 reads K and V of layer 2 above it");
  });

  test.each([
    [[0, 0, 1, 3], "layer 2 reads K and V of layer 1, which has none"],
    [[0, 0, -1, 3], "layer 2 reads K and V of layer -1, which has none"],
    [[0, 0, 0.5, 3], "layer 2 reads K and V of layer 0.5, which has none"],
    [[0, 0, NaN, 3], "layer 2 reads K and V of layer NaN, which has none"],
    [[0, 0, 2], "K and V of 3 layers, not 4"],
  ])("%j", (kvLayers, said) => {
    expect(refusalOf(kvLayers)).toBe(said);
  });
});
