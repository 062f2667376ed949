import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  codedLayout,
  runParams,
  type RowCode,
  type RowRun,
  type RowShape,
} from "./coded-layout.ts";
import {
  dequantizeRowsGrid,
  dequantizeRowsReference,
  dequantizeRowsSource,
} from "./dequantize-rows.ts";
import { quantizeRowsReference } from "./quantize-rows.ts";
import { floatsOf, randomRows, ROW_CASES, ROW_CODES, rowsOf, rowsOfRun } from "./row-testing.ts";

/** Decode a run into a cache on the device. The buffer `keys` is as long as the run's keys. */
async function dequantize(
  hardware: DeviceHarness,
  { coded, cache }: { coded: Uint32Array<ArrayBuffer>; cache: Uint16Array<ArrayBuffer> },
  code: RowCode,
  { shape, run }: { shape: RowShape; run: RowRun },
): Promise<{ cache: Uint16Array; keys: Float32Array }> {
  const buffers = {
    coded: hardware.upload(coded),
    keys: hardware.empty(run.tokens * shape.kvHeads * shape.headDim * 4),
    cache: hardware.upload(cache),
    run: hardware.uniformOf(runParams(run)),
  };
  await hardware.run(dequantizeRowsSource(code, shape), buffers, dequantizeRowsGrid(shape, run));
  return {
    cache: new Uint16Array(await hardware.read(buffers.cache)),
    keys: await hardware.readFloat32(buffers.keys),
  };
}

/** The cache as it should be: the run's rows are overwritten, except for those that it skips. */
function withRows(
  cache: Uint16Array,
  rows: Uint16Array,
  { kvHeads, headDim }: RowShape,
  { start, skip }: RowRun,
): Uint16Array {
  const width = 2 * kvHeads * headDim;
  const whole = cache.slice();
  whole.set(rows.subarray(skip * width), (start + skip) * width);
  return whole;
}

/** Random bits, a quarter of them in words that hold infinities and NaN. */
function randomWords(hardware: DeviceHarness, length: number): Uint32Array<ArrayBuffer> {
  const parts = [hardware.randomFloat32(length), hardware.randomFloat32(length)] as const;
  return Uint32Array.from(parts[0], (x, i) => {
    const word =
      (Math.floor((x + 1) * 2 ** 15) << 16) | Math.floor(((parts[1][i] ?? 0) + 1) * 2 ** 15);
    return i % 4 === 0 ? word | 0x7c007c00 : word;
  });
}

describe("dequantize-rows", () => {
  for (const code of ROW_CODES)
    for (const { why, shape, context, run } of ROW_CASES) {
      const name = `${code.bits} bits, groups of ${code.group}, ${why}`;

      deviceTest(
        `${name}: bit for bit as the reference, and nothing else is touched`,
        async ({ hardware }) => {
          const original = randomRows(hardware, shape, context);
          const rows = rowsOfRun(original, shape, run);
          const coded = quantizeRowsReference({ rows }, code, shape, run.skip);
          const cache = randomRows(hardware, shape, context);
          const decoded = await dequantize(hardware, { coded, cache }, code, { shape, run });
          const expected = dequantizeRowsReference(coded, code, shape, run.tokens);
          expect(decoded.cache).toEqual(withRows(cache, expected.rows, shape, run));
        },
      );

      deviceTest(
        `${name}: any words decode to finite rows, and nothing else is touched`,
        async ({ hardware }) => {
          const coded = randomWords(hardware, codedLayout(code, shape, run.tokens).words);
          const cache = randomRows(hardware, shape, context);
          const decoded = await dequantize(hardware, { coded, cache }, code, { shape, run });
          const expected = dequantizeRowsReference(coded, code, shape, run.tokens);
          expect(floatsOf(expected.rows).every(Number.isFinite)).toBe(true);
          expect(decoded.cache).toEqual(withRows(cache, expected.rows, shape, run));
        },
      );
    }

  deviceTest(
    "keys that are to be preconditioned go to their own buffer, in f32",
    async ({ hardware }) => {
      const code: RowCode = { bits: 3, group: 32, hadamard: true, unrope: false };
      const shape = { kvHeads: 2, headDim: 8 };
      const run = { start: 1, tokens: 40, skip: 0 };
      const cache = rowsOf(new Float32Array(50 * 32).fill(0.5));
      const coded = randomWords(hardware, codedLayout(code, shape, run.tokens).words);
      const decoded = await dequantize(hardware, { coded, cache }, code, { shape, run });
      const expected = dequantizeRowsReference(coded, code, shape, run.tokens);
      expect(decoded.keys).toEqual(expected.keys);
      const untouched = cache.slice(0, 16);
      for (let token = 0; token < run.tokens; token++) expected.rows.set(untouched, token * 32);
      expect(decoded.cache).toEqual(withRows(cache, expected.rows, shape, run));
    },
  );
});
