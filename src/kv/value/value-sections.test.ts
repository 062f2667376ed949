import { expect, test } from "vitest";
import type { StoredLayer } from "./chunk-value.ts";
import { valueSections } from "./value-sections.ts";

const layer = (index: number, bytes: number, partner?: number): StoredLayer => ({
  layer: index,
  codec: "any",
  sinks: new Uint8Array(),
  coded: new Uint8Array(bytes),
  ...(partner !== undefined && { partner }),
});

const shown = (layers: StoredLayer[]) =>
  valueSections({ sinkTokens: 4, layers }).map(({ written, part }) => {
    expect(part.sinkTokens).toBe(4);
    return { written, of: part.layers.map((one) => one.layer) };
  });

test("a layer that is coded by itself is a section", () => {
  expect(shown([layer(3, 9), layer(4, 9)])).toEqual([
    { written: [3], of: [3] },
    { written: [4], of: [4] },
  ]);
});

test("layers that are transformed together are one: the first has the bytes of all", () => {
  expect(shown([layer(0, 9), layer(1, 0), layer(2, 9), layer(3, 0)])).toEqual([
    { written: [0, 1], of: [0, 1] },
    { written: [2, 3], of: [2, 3] },
  ]);
});

test("the layer that keeps a pair's rows writes both layers', and the other one none", () => {
  expect(shown([layer(0, 9, 7), layer(1, 9), layer(2, 0, 1)])).toEqual([
    { written: [0, 7], of: [0] },
    { written: [1], of: [1] },
  ]);
});
