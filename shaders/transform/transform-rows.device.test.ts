import { describe, expect } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  channelsOf,
  groupParams,
  packForward,
  steppedRunParams,
  type GroupTransform,
  type SteppedRun,
} from "./basis-group.ts";
import { GROUP_CASES, randomTransform, sumError } from "./basis-testing.ts";
import { componentsReference, transformRowsGrid, transformRowsSource } from "./transform-rows.ts";

/** @returns levels [components, tokens], and the words that stand behind them */
async function transformed(
  hardware: DeviceHarness,
  transform: GroupTransform,
  numbers: Float32Array<ArrayBuffer>,
  run: SteppedRun,
): Promise<Float32Array> {
  const { words, units } = packForward(transform);
  const [keys, values] = transform.components;
  const levels = hardware.upload(new Float32Array((keys + values) * run.tokens + 8).fill(77));
  await hardware.run(
    transformRowsSource(transform),
    {
      matrix: hardware.upload(words),
      numbers: hardware.upload(numbers),
      levels,
      run: hardware.uniformOf(steppedRunParams(run)),
      group: hardware.uniformOf(groupParams(transform, { forward: units, inverse: [1, 1] })),
    },
    transformRowsGrid(transform, run.tokens),
  );
  return new Float32Array(await hardware.read(levels));
}

describe("transform-rows", () => {
  for (const { why, run, ...shape } of GROUP_CASES)
    for (const step of [0.0625, 3e-5])
      deviceTest(
        `levels as the reference has them, in steps of ${step}: ${why}`,
        async ({ hardware }) => {
          const transform = randomTransform(hardware, shape);
          const channels = channelsOf(shape);
          const numbers = hardware.randomFloat32(2 * channels * run.tokens);
          const actual = await transformed(hardware, transform, numbers, { ...run, step });
          const y = componentsReference(transform, numbers, run.tokens);
          // A sum of `channels` products, of numbers below 1 and weights whose root mean square is
          // 1 / sqrt(channels) at most; and a division.
          const atol = sumError(channels, Math.sqrt(channels));
          const levels = Float32Array.from(y, (value) => value / step);
          expectClose(actual.slice(0, y.length), levels, { atol: atol / step, rtol: 2 ** -21 });
          expect(actual.slice(y.length)).toEqual(new Float32Array(8).fill(77));
        },
      );

  deviceTest("numbers of 0 have levels of 0, and large ones are not cut", async ({ hardware }) => {
    const shape = { kvHeads: 1, headDim: 4, layers: 1, components: [1, 1] as const };
    const transform = randomTransform(hardware, shape);
    const ones = Float32Array.of(1, 1, 1, 1);
    const summing = { ...transform, forward: [ones, ones.map((x) => -x)] as const };
    const numbers = new Float32Array(2 * 4 * 32).map((_, i) => (i % 32 === 0 ? 0 : 1e6));
    const run = { start: 0, tokens: 32, skip: 0, step: 1 };
    const levels = await transformed(hardware, summing, numbers, run);
    const expected = (sign: 1 | -1) =>
      new Float32Array(32).map((_, token) => (token === 0 ? 0 : sign * 4e6));
    expectClose(levels.slice(0, 32), expected(1), { atol: 0, rtol: 2 ** -10 });
    expectClose(levels.slice(32, 64), expected(-1), { atol: 0, rtol: 2 ** -10 });
  });
});
