import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import { channelsOf, groupParams, packMeans, steppedRunParams } from "./basis-group.ts";
import { CONTEXT, GROUP_CASES, groupRotation, randomTransform, turnsOf } from "./basis-testing.ts";
import { centerRowsGrid, centerRowsReference, centerRowsSource } from "./center-rows.ts";
import { randomRows, rowsOfRun } from "../rows/row-testing.ts";

/** Error of a rotation of numbers below 1, less a mean below 1: two products and a difference. */
const TOLERANCE = forSum(3, 3);

describe("center-rows", () => {
  for (const { why, run, ...shape } of GROUP_CASES)
    deviceTest(`a group's layers as the reference: ${why}`, async ({ hardware }) => {
      const transform = randomTransform(hardware, shape);
      const size = 2 * channelsOf(shape) * run.tokens;
      // The kernel overwrites all numbers, and leaves what stands behind them as it was.
      const numbers = hardware.upload(new Float32Array(size + 8).fill(77));
      const caches = Array.from({ length: shape.layers }, () =>
        randomRows(hardware, shape, CONTEXT),
      );
      const rows = caches.map((cache) => rowsOfRun(cache, shape, run));
      await hardware.run(
        centerRowsSource(shape),
        {
          rotation: hardware.upload(groupRotation(shape.headDim)),
          rows: hardware.upload(Uint16Array.from(rows.flatMap((one) => [...one]))),
          mean: hardware.upload(packMeans(transform)),
          numbers,
          run: hardware.uniformOf(steppedRunParams({ ...run, step: 1 })),
          group: hardware.uniformOf(groupParams(shape, { forward: [1, 1], inverse: [1, 1] })),
        },
        centerRowsGrid(shape, run.tokens),
      );
      const turns = turnsOf(shape.headDim, run);
      const actual = await hardware.readFloat32(numbers);
      expectClose(
        actual.slice(0, size),
        centerRowsReference(transform, rows, turns, run),
        TOLERANCE,
      );
      expect(actual.slice(size)).toEqual(new Float32Array(8).fill(77));
    });
});
