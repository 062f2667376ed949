import { expect, test } from "vitest";
import { harmBands, nothingMeasured, wholeHarm } from "./layer-harm.ts";

test("every layer is in one band, the first and the last alone, and there are few bands", () => {
  for (const layers of [1, 2, 12, 13, 16, 28, 30, 80]) {
    const bands = harmBands(layers);
    expect(bands.length).toBeLessThanOrEqual(12);
    expect(bands[0]).toEqual({ start: 0, end: 1 });
    expect(bands.at(-1)).toEqual({ start: layers - 1, end: layers });
    for (const [i, { start, end }] of bands.entries()) {
      expect(start).toBe(bands[i - 1]?.end ?? 0);
      expect(end).toBeGreaterThan(start);
    }
  }
});

test("nothing is known of all layers before each was measured", () => {
  expect(wholeHarm(nothingMeasured(2))).toBeUndefined();
  expect(wholeHarm({ keys: [1, 2], values: [1, undefined] })).toBeUndefined();
});

test("a layer in which noise did nothing counts a tenth of the mean", () => {
  expect(wholeHarm({ keys: [4, 0], values: [1, 1] })).toEqual({ keys: [4, 0.2], values: [1, 1] });
});
