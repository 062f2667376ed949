import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import {
  MOMENTS_RUN_TOKENS,
  rowMomentsParams,
  rowMomentsGrid,
  rowMomentsReference,
  rowMomentsSource,
} from "./row-moments.ts";
import { rotationTable } from "../forward/rope-append.ts";
import { randomRows, rowsOfRun } from "../rows/row-testing.ts";

describe("collect rows", () => {
  for (const { shape, run } of [
    { shape: { kvHeads: 1, headDim: 4 }, run: { start: 0, tokens: 1, isFirst: false } },
    { shape: { kvHeads: 2, headDim: 32 }, run: { start: 7, tokens: 128, isFirst: true } },
    { shape: { kvHeads: 3, headDim: 16 }, run: { start: 2, tokens: 37, isFirst: false } },
    { shape: { kvHeads: 1, headDim: 80 }, run: { start: 9, tokens: 21, isFirst: true } },
    { shape: { kvHeads: 1, headDim: 96 }, run: { start: 0, tokens: 12, isFirst: false } },
    { shape: { kvHeads: 3, headDim: 128 }, run: { start: 1, tokens: 9, isFirst: true } },
  ])
    deviceTest(
      `${JSON.stringify(shape)}, ${JSON.stringify(run)}: the reference's numbers and sums`,
      async ({ hardware }) => {
        const { kvHeads, headDim } = shape;
        const context = run.start + run.tokens + 1;
        const own = kvHeads * headDim;
        // The layer is the second of three.
        const [channel, channels] = [own, 3 * own];
        const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 0.6 ** i);
        const rotation = rotationTable(frequencies, context);
        const cache = randomRows(hardware, shape, context);
        const moments = hardware.randomFloat32(4 * channels);
        const buffers = {
          rotation: hardware.upload(rotation),
          cache: hardware.upload(cache),
          keys: hardware.upload(new Float32Array(MOMENTS_RUN_TOKENS * channels).fill(9)),
          values: hardware.upload(new Float32Array(MOMENTS_RUN_TOKENS * channels).fill(9)),
          moments: hardware.upload(moments),
          run: hardware.uniformOf(rowMomentsParams(run)),
          place: hardware.uniform(channel, channels),
        };
        await hardware.run(rowMomentsSource(shape), buffers, rowMomentsGrid(shape));
        const collected = rowMomentsReference(
          rowsOfRun(cache, shape, { ...run, skip: 0 }),
          rotation.subarray(run.start * headDim),
          shape,
        );
        const after = await hardware.readFloat32(buffers.moments);
        const expectedMoments = moments.slice();
        for (const [side, name] of (["keys", "values"] as const).entries()) {
          const numbers = new Float32Array(MOMENTS_RUN_TOKENS * channels).fill(9);
          for (let c = 0; c < own; c++) {
            const at = 2 * side * channels + channel + c;
            const column = Array.from(
              { length: run.tokens },
              (_, token) => collected[name][token * own + c] ?? NaN,
            );
            const total = column.reduce((sum, x) => sum + x, 0);
            const reference = run.isFirst ? total / run.tokens : (moments[at] ?? NaN);
            expectedMoments[at] = reference;
            expectedMoments[at + channels] =
              (moments[at + channels] ?? NaN) + total - run.tokens * reference;
            for (let row = 0; row < MOMENTS_RUN_TOKENS; row++)
              numbers[row * channels + channel + c] =
                row < run.tokens ? (column[row] ?? NaN) - reference : 0;
          }
          // A rotated number is at most √2, and so is what is subtracted from it.
          const actual = await hardware.readFloat32(buffers[name]);
          expectClose(actual, numbers, forSum(run.isFirst ? run.tokens : 4, 4));
        }
        expectClose(after, expectedMoments, forSum(2 * run.tokens, 3 * run.tokens));
        expect(after.subarray(0, channel)).toEqual(moments.subarray(0, channel));
      },
    );
});
