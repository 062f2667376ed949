import type { DeviceBuffer } from "../../src/device/device.ts";
import { describe, expect } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { decodeFloats, encodeFloats } from "../../src/shared/number-formats.ts";
import type { RowMove } from "../../src/shared/row-move.ts";
import {
  repositionGrid,
  repositionParams,
  repositionReference,
  repositionSource,
  rotationBetween,
} from "./reposition.ts";

const CONTEXT = 96;

/** WGSL lets a conversion to f16 take either neighbour, which is off by up to a step: 2^-10 of the number. */
const F16_STEP = 2 ** -10;
/** Error of two products of numbers below 1 and of their sum in f32, plus the smallest step of an f16. */
const SMALLEST_ERROR = 4 * 2 ** -24;

const f16 = (codes: Uint16Array) => decodeFloats(new Uint8Array(codes.slice().buffer), "f16");
const randomCache = (hardware: DeviceHarness, length: number) =>
  new Uint16Array(encodeFloats(hardware.randomFloat32(length), "f16").buffer);
const frequenciesOf = (headDim: number) =>
  Array.from({ length: headDim / 2 }, (_, d) => 10_000 ** ((-2 * d) / headDim));

/** Move rows on the device. */
async function reposition(
  hardware: DeviceHarness,
  cache: DeviceBuffer,
  shape: { kvHeads: number; headDim: number },
  move: RowMove,
): Promise<void> {
  await hardware.run(
    repositionSource(shape),
    {
      rotation: hardware.upload(rotationBetween(frequenciesOf(shape.headDim), move)),
      cache,
      shift: hardware.uniformOf(repositionParams(move)),
    },
    repositionGrid(shape, move),
  );
}

/** Whether each number of a cache is part of a value rather than a key. */
const inValue = (i: number, { kvHeads, headDim }: { kvHeads: number; headDim: number }) =>
  Math.floor(i / (kvHeads * headDim)) % 2 === 1;

describe("reposition", () => {
  for (const { why, shape, move } of [
    {
      why: "one row, to the very front",
      shape: { kvHeads: 1, headDim: 4 },
      move: { from: 1, to: 0, tokens: 1 },
    },
    {
      why: "source and destination apart, up to the last row",
      shape: { kvHeads: 2, headDim: 32 },
      move: { from: 60, to: 3, tokens: 36 },
    },
    {
      why: "overlapping, the gap no divisor of the rows",
      shape: { kvHeads: 2, headDim: 32 },
      move: { from: 17, to: 3, tokens: 79 },
    },
    {
      why: "overlapping in all but one row",
      shape: { kvHeads: 3, headDim: 8 },
      move: { from: 5, to: 4, tokens: 91 },
    },
    {
      why: "a head of 80",
      shape: { kvHeads: 1, headDim: 80 },
      move: { from: 30, to: 9, tokens: 50 },
    },
    {
      why: "heads of 96",
      shape: { kvHeads: 3, headDim: 96 },
      move: { from: 11, to: 4, tokens: 20 },
    },
    {
      why: "a head of 128",
      shape: { kvHeads: 1, headDim: 128 },
      move: { from: 50, to: 9, tokens: 30 },
    },
  ])
    deviceTest(`${why}: as the reference, and nothing else is touched`, async ({ hardware }) => {
      const { kvHeads, headDim } = shape;
      const expected = randomCache(hardware, CONTEXT * 2 * kvHeads * headDim);
      const cache = hardware.upload(expected.slice());
      await reposition(hardware, cache, shape, move);
      const moved = new Uint16Array(await hardware.read(cache));

      const rotation = rotationBetween(frequenciesOf(headDim), move);
      repositionReference({ rotation, cache: expected }, shape, move);
      expectClose(f16(moved), f16(expected), { atol: SMALLEST_ERROR, rtol: F16_STEP });

      const rowSize = 2 * kvHeads * headDim;
      const exact = (codes: Uint16Array) =>
        codes.filter((_, i) => {
          const row = Math.floor(i / rowSize);
          const written = row >= move.to && row < move.to + move.tokens;
          return !written || inValue(i, shape);
        });
      expect(exact(moved)).toEqual(exact(expected));
    });

  deviceTest(
    "keys that moved twice lose a rounding each time; values lose nothing",
    async ({ hardware }) => {
      const shape = { kvHeads: 2, headDim: 32 };
      const rowSize = 2 * shape.kvHeads * shape.headDim;
      const first = { from: 50, to: 21, tokens: 40 };
      const second = { from: 21, to: 2, tokens: 40 };
      const whole = { from: 50, to: 2, tokens: 40 };
      const original = randomCache(hardware, CONTEXT * rowSize);
      const cache = hardware.upload(original.slice());
      await reposition(hardware, cache, shape, first);
      await reposition(hardware, cache, shape, second);
      const rowsOf = (codes: Uint16Array) => codes.slice(2 * rowSize, 42 * rowSize);
      const moved = rowsOf(new Uint16Array(await hardware.read(cache)));

      const source = original.slice(50 * rowSize, 90 * rowSize);
      const exact = turned(f16(source), shape, whole);
      // Each move rounds a pair of channels, whose length is below √2, by up to one step. A rotation does not
      // make the errors of earlier moves any longer.
      const bound = 2 * Math.SQRT2 * F16_STEP;
      const keys = (_: unknown, i: number) => !inValue(i, shape);
      expectClose(f16(moved).filter(keys), exact.filter(keys), { atol: bound, rtol: 0 });
      const values = (codes: Uint16Array) => codes.filter((_, i) => inValue(i, shape));
      expect(values(moved)).toEqual(values(source));
    },
  );
});

/** Rows [tokens, 2, kvHeads, headDim] in which every head is rotated, values too, in f64. */
function turned(
  rows: Float32Array,
  { headDim }: { headDim: number },
  { from, to }: RowMove,
): Float32Array {
  const half = headDim / 2;
  const frequencies = frequenciesOf(headDim);
  return rows.map((value, i) => {
    const d = i % headDim;
    const angle = (to - from) * (frequencies[d % half] ?? NaN);
    const partner = rows[d < half ? i + half : i - half] ?? NaN;
    return value * Math.cos(angle) + (d < half ? -partner : partner) * Math.sin(angle);
  });
}
