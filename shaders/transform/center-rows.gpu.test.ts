import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/gpu/expect-close.ts";
import { gpuTest } from "../../src/gpu/testing.ts";
import { channelsOf, groupParams, packMeans, steppedRunParams } from "./basis-group.ts";
import { CONTEXT, GROUP_CASES, groupRotation, randomTransform, turnsOf } from "./basis-testing.ts";
import { centerRowsGrid, centerRowsReference, centerRowsSource } from "./center-rows.ts";
import { randomRows, rowsOfRun } from "../rows/row-testing.ts";

/** Error of a rotation of numbers below 1, less a mean below 1: two products and a difference. */
const TOLERANCE = forSum(3, 3);

describe("center-rows", () => {
  for (const { why, run, ...shape } of GROUP_CASES)
    gpuTest(`a group's layers as the reference: ${why}`, async ({ gpu }) => {
      const transform = randomTransform(gpu, shape);
      const size = 2 * channelsOf(shape) * run.tokens;
      // The kernel overwrites all numbers, and leaves what stands behind them as it was.
      const numbers = gpu.upload(new Float32Array(size + 8).fill(77));
      const caches = Array.from({ length: shape.layers }, () => randomRows(gpu, shape, CONTEXT));
      const rows = caches.map((cache) => rowsOfRun(cache, shape, run));
      await gpu.run(
        centerRowsSource(shape),
        {
          rotation: gpu.upload(groupRotation(shape.headDim)),
          rows: gpu.upload(Uint16Array.from(rows.flatMap((one) => [...one]))),
          mean: gpu.upload(packMeans(transform)),
          numbers,
          run: gpu.uniformOf(steppedRunParams({ ...run, step: 1 })),
          group: gpu.uniformOf(groupParams(shape, { forward: [1, 1], inverse: [1, 1] })),
        },
        centerRowsGrid(shape, run.tokens),
      );
      const turns = turnsOf(shape.headDim, run);
      const actual = await gpu.readFloat32(numbers);
      expectClose(
        actual.slice(0, size),
        centerRowsReference(transform, rows, turns, run),
        TOLERANCE,
      );
      expect(actual.slice(size)).toEqual(new Float32Array(8).fill(77));
    });
});
