import { describe, expect } from "vitest";
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
import {
  codeOfComponent,
  componentsReference,
  transformRowsGrid,
  transformRowsSource,
} from "./transform-rows.ts";

/** @returns codes [components, tokens], and the words that stand behind them */
async function transformed(
  hardware: DeviceHarness,
  transform: GroupTransform,
  numbers: Float32Array<ArrayBuffer>,
  run: SteppedRun,
): Promise<Int16Array> {
  const { words, units } = packForward(transform);
  const [keys, values] = transform.components;
  const codes = hardware.upload(new Int16Array((keys + values) * run.tokens + 8).fill(77));
  await hardware.run(
    transformRowsSource(transform),
    {
      matrix: hardware.upload(words),
      numbers: hardware.upload(numbers),
      codes,
      run: hardware.uniformOf(steppedRunParams(run)),
      group: hardware.uniformOf(groupParams(transform, { forward: units, inverse: [1, 1] })),
    },
    transformRowsGrid(transform, run.tokens),
  );
  return new Int16Array(await hardware.read(codes));
}

describe("transform-rows", () => {
  for (const { why, run, ...shape } of GROUP_CASES)
    for (const step of [0.0625, 3e-5])
      deviceTest(`codes as the reference, in steps of ${step}: ${why}`, async ({ hardware }) => {
        const transform = randomTransform(hardware, shape);
        const channels = channelsOf(shape);
        const numbers = hardware.randomFloat32(2 * channels * run.tokens);
        const actual = await transformed(hardware, transform, numbers, { ...run, step });
        const y = componentsReference(transform, numbers, run.tokens);
        // A sum of `channels` products, of numbers below 1 and weights whose root mean square is
        // 1 / sqrt(channels) at most; and a division.
        const atol = sumError(channels, Math.sqrt(channels));
        const wrong = y.findIndex((value, i) => {
          const apart = atol + Math.abs(value) * 2 ** -22;
          const [least, most] = [value - apart, value + apart].map((x) => codeOfComponent(x, step));
          return !((actual[i] ?? NaN) >= (least ?? NaN) && (actual[i] ?? NaN) <= (most ?? NaN));
        });
        expect(wrong, `${actual[wrong]} for ${(y[wrong] ?? 0) / step}`).toBe(-1);
        expect(actual.slice(y.length)).toEqual(new Int16Array(8).fill(77));
      });

  deviceTest("numbers of 0 have codes of 0, and large ones the largest", async ({ hardware }) => {
    const shape = { kvHeads: 1, headDim: 4, layers: 1, components: [1, 1] as const };
    const transform = randomTransform(hardware, shape);
    const ones = Float32Array.of(1, 1, 1, 1);
    const summing = { ...transform, forward: [ones, ones.map((x) => -x)] as const };
    const numbers = new Float32Array(2 * 4 * 32).map((_, i) => (i % 32 === 0 ? 0 : 1e6));
    const run = { start: 0, tokens: 32, skip: 0, step: 1 };
    const codes = await transformed(hardware, summing, numbers, run);
    const expected = (sign: 1 | -1) =>
      new Int16Array(32).map((_, token) => (token === 0 ? 0 : sign * 32767));
    expect(codes.slice(0, 32)).toEqual(expected(1));
    expect(codes.slice(32, 64)).toEqual(expected(-1));
  });
});
