import { describe, expect } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  groupParams,
  packInverse,
  packMeans,
  steppedRunParams,
  type GroupTransform,
  type SteppedRun,
} from "./basis-group.ts";
import {
  CONTEXT,
  GROUP_CASES,
  groupRotation,
  randomTransform,
  sumError,
  turnsOf,
} from "./basis-testing.ts";
import {
  reconstructRowsGrid,
  reconstructRowsReference,
  reconstructRowsSource,
} from "./reconstruct-rows.ts";
import { floatsOf, randomRows, rowsOfRun } from "../rows/row-testing.ts";

const STEP = 2 ** -7;
/** Error of rounding to either neighbouring f16. */
const F16_ROUNDING = 2 ** -10;
const BEHIND = [7, 7, 7, 7];
/** Bound of the magnitude of codes. */
const CODES = 100;

/**
 * @param rows rows of each layer before the kernel runs
 * @param live rows of `matrix` that belong to live components, K's first
 */
async function restored(
  hardware: DeviceHarness,
  transform: GroupTransform,
  rows: readonly Uint16Array[],
  { run, live, codes }: { run: SteppedRun; live: readonly number[]; codes: Int16Array },
): Promise<Uint16Array[]> {
  const { words, units } = packInverse(transform);
  const [keys] = transform.components;
  const keysLive = live.filter((row) => row < keys).length;
  const liveCodes = live.flatMap((row) => [
    ...codes.subarray(row * run.tokens, (row + 1) * run.tokens),
  ]);
  // What stands behind the rows must stay as it is.
  const before = Uint16Array.from([...rows.flatMap((layer) => [...layer]), ...BEHIND]);
  const buffer = hardware.upload(before);
  await hardware.run(
    reconstructRowsSource(transform),
    {
      rotation: hardware.upload(groupRotation(transform.headDim)),
      mean: hardware.upload(packMeans(transform)),
      matrix: hardware.upload(words),
      live: hardware.upload(Uint32Array.from([...live, 1e6])),
      codes: hardware.upload(Float32Array.from([...liveCodes, NaN, NaN, NaN, NaN])),
      rows: buffer,
      run: hardware.uniformOf(steppedRunParams(run, [keysLive, live.length - keysLive])),
      group: hardware.uniformOf(groupParams(transform, { forward: [1, 1], inverse: units })),
    },
    reconstructRowsGrid(transform, run.tokens),
  );
  const after = new Uint16Array(await hardware.read(buffer));
  const size = before.length - BEHIND.length;
  expect([...after.subarray(size)]).toEqual(BEHIND);
  const length = size / rows.length;
  return rows.map((_, layer) => after.slice(layer * length, (layer + 1) * length));
}

const LIVE = {
  "all live": () => true,
  "every second one live": (row: number) => row % 2 === 1,
  "none live": () => false,
};

describe("reconstruct-rows", () => {
  for (const { why, run, ...shape } of GROUP_CASES)
    for (const [which, isLive] of Object.entries(LIVE))
      deviceTest(`a group's layers as the reference, ${which}: ${why}`, async ({ hardware }) => {
        const [keys, values] = shape.components;
        const transform = randomTransform(hardware, shape);
        const before = Array.from({ length: shape.layers }, () =>
          rowsOfRun(randomRows(hardware, shape, CONTEXT), shape, run),
        );
        const live = Array.from({ length: keys + values }, (_, row) => row).filter(isLive);
        const codes = Int16Array.from(
          hardware.randomFloat32((keys + values) * run.tokens),
          (x, i) => (isLive(Math.floor(i / run.tokens)) ? x * CODES : 0),
        );
        const stepped = { ...run, step: STEP };
        const actual = await restored(hardware, transform, before, { run: stepped, live, codes });

        const width = shape.kvHeads * shape.headDim;
        const rows = before.map((layer) => layer.slice());
        const rotation = turnsOf(shape.headDim, run);
        reconstructRowsReference(transform, rows, codes, { ...stepped, rotation });
        // Weights of K are 1e3 times those of V, which are 1 / sqrt(channels). Rotating and rounding to f16 follow.
        const sum = CODES * STEP * Math.sqrt(shape.layers * width);
        const terms = Math.max(live.length, 1);
        for (const [layer, expected] of rows.entries()) {
          const restoredRows = actual[layer] ?? new Uint16Array();
          const [got, want] = [floatsOf(restoredRows), floatsOf(expected)];
          for (const side of [0, 1]) {
            const ofSide = (all: Float32Array) =>
              all.filter((_, i) => Math.floor(i / width) % 2 === side);
            const magnitude = (side === 0 ? 2e3 : 1) * sum + 2;
            const tolerance = { rtol: F16_ROUNDING, atol: sumError(terms, magnitude) };
            expectClose(ofSide(got), ofSide(want), tolerance);
          }
          const skipped = run.skip * 2 * width;
          const untouched = before[layer]?.subarray(0, skipped);
          expect(restoredRows.subarray(0, skipped)).toEqual(untouched);
        }
      });
});
