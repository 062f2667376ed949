import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  codedLayout,
  runParams,
  type RowCode,
  type RowRun,
  type RowShape,
} from "./coded-layout.ts";
import { quantizeRowsGrid, quantizeRowsReference, quantizeRowsSource } from "./quantize-rows.ts";
import {
  compareCoded,
  floatsOf,
  randomRows,
  ROW_CASES,
  ROW_CODES,
  rowsOf,
  rowsOfRun,
} from "./row-testing.ts";

/** A code may be off by one where x lies close to halfway: as close as the error of 1 / scale, 2.5 × 2^-23 of 255. */
const MOST_APART = 1;
/** Share of codes that may be off by one: twice that error, 2 × 2.5 × 255 × 2^-23, times seven to be safe. */
const SHARE_APART = 1e-3;
/** Words behind those of the run, which must stay as they are. */
const GUARD = Uint32Array.of(0xdeadbeef, 0x12345678);

/** Code a run on the device, and check that nothing behind it was written. */
async function quantize(
  hardware: DeviceHarness,
  source: { cache: Uint16Array<ArrayBuffer>; keys?: Float32Array<ArrayBuffer> },
  code: RowCode,
  { shape, run }: { shape: RowShape; run: RowRun },
): Promise<Uint32Array> {
  const { words } = codedLayout(code, shape, run.tokens);
  const coded = hardware.upload(
    Uint32Array.of(...new Uint32Array(words).fill(0xffffffff), ...GUARD),
  );
  const cache = hardware.upload(source.cache);
  await hardware.run(
    quantizeRowsSource(code, shape),
    {
      cache,
      keys: source.keys ? hardware.upload(source.keys) : cache,
      coded,
      run: hardware.uniformOf(runParams(run)),
    },
    quantizeRowsGrid(code, shape, run),
  );
  const all = await hardware.readUint32(coded);
  expect(all.slice(words)).toEqual(GUARD);
  return all.slice(0, words);
}

describe("quantize-rows", () => {
  for (const code of ROW_CODES)
    for (const { why, shape, context, run } of ROW_CASES)
      deviceTest(
        `${code.bits} bits, groups of ${code.group}, ${why}: as the reference`,
        async ({ hardware }) => {
          const cache = randomRows(hardware, shape, context);
          const actual = await quantize(hardware, { cache }, code, { shape, run });
          const rows = rowsOfRun(cache, shape, run);
          const expected = quantizeRowsReference({ rows }, code, shape, run.skip);

          const found = compareCoded([actual, expected], code, shape, run.tokens);
          expect(found.scales).toBe(0);
          expect(found.mostApart).toBeLessThanOrEqual(MOST_APART);
          expect(found.differing).toBeLessThanOrEqual(found.codes * SHARE_APART);
        },
      );

  deviceTest(
    "preconditioned keys are taken from their own buffer, past f16's range too",
    async ({ hardware }) => {
      const code: RowCode = { bits: 4, group: 32, hadamard: true, unrope: false };
      const shape = { kvHeads: 2, headDim: 8 };
      const run = { start: 1, tokens: 40, skip: 2 };
      const cache = randomRows(hardware, shape, 50);
      const keys = hardware.randomFloat32(run.tokens * 16).map((x, i) => (i === 100 ? 1e6 : x * 3));
      const actual = await quantize(hardware, { cache, keys }, code, { shape, run });
      const rows = rowsOfRun(cache, shape, run);
      const expected = quantizeRowsReference({ rows, keys }, code, shape, run.skip);
      // No number lies halfway between two codes here, so the padding can be compared as well.
      expect(actual).toEqual(expected);
    },
  );

  deviceTest("constant, largest and subnormal rows: as the reference", async ({ hardware }) => {
    const shape = { kvHeads: 1, headDim: 32 };
    const run = { start: 0, tokens: 32, skip: 0 };
    const subnormal = 37 * 2 ** -24;
    const kinds = [0, 1.5, 65504, -65504, 2 ** -14];
    const cache = rowsOf(
      hardware.randomFloat32(64 * 32).map((x, i) => {
        const kind = Math.floor(i / 64) % 7;
        if (kind === 5) return x < 0 ? -65504 : 65504;
        return kinds[kind] ?? x;
      }),
    );
    for (const code of ROW_CODES) {
      const actual = await quantize(hardware, { cache }, code, { shape, run });
      const expected = quantizeRowsReference({ rows: cache }, code, shape, 0);
      expect(compareCoded([actual, expected], code, shape, 32)).toMatchObject({
        mostApart: 0,
        scales: 0,
      });
    }
    // An adapter may take a subnormal f16 for 0, which is off by less than the smallest normal number.
    const small = rowsOf(floatsOf(cache).map((_, i) => (i % 3) * subnormal));
    for (const code of ROW_CODES) {
      const actual = await quantize(hardware, { cache: small }, code, { shape, run });
      const expected = quantizeRowsReference({ rows: small }, code, shape, 0);
      const found = compareCoded([actual, expected], code, shape, 32);
      expect(found.scaleApart).toBeLessThan(2 ** -14);
    }
  });
});
