import type { DeviceBuffer } from "../../src/device/device.ts";
import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { runParams, type RowRun, type RowShape } from "./coded-layout.ts";
import { rotationTable } from "../forward/rope-append.ts";
import { floatsOf, randomRows, rowsOfRun } from "./row-testing.ts";
import {
  recoverKeysReference,
  preconditionKeysGrid,
  preconditionKeysReference,
  preconditionKeysSource,
  type PreconditionDirection,
} from "./precondition-keys.ts";

const CONTEXT = 60;
/** Error of rounding to f16: half a step of numbers below 4. Numbers below 1 have smaller steps. */
const F16_ROUNDING = 2 ** -10;

const CASES = [
  { why: "one row, the smallest head", shape: { kvHeads: 1, headDim: 16 }, run: runOf(59, 1) },
  { why: "Pip's heads", shape: { kvHeads: 2, headDim: 32 }, run: runOf(3, 57) },
  { why: "heads of 80: blocks of 16", shape: { kvHeads: 3, headDim: 80 }, run: runOf(1, 11) },
  { why: "heads of 96: blocks of 32", shape: { kvHeads: 1, headDim: 96 }, run: runOf(7, 13) },
  { why: "heads of 128", shape: { kvHeads: 3, headDim: 128 }, run: runOf(0, 9) },
] as const;

const TRANSFORMS = [
  { hadamard: true, unrope: false },
  { hadamard: false, unrope: true },
  { hadamard: true, unrope: true },
] as const;

type Transform = (typeof TRANSFORMS)[number];

function runOf(start: number, tokens: number): RowRun {
  return { start, tokens, skip: 0 };
}

const rotationOf = (headDim: number) =>
  rotationTable(
    Array.from({ length: headDim / 2 }, (_, d) => 10_000 ** ((-2 * d) / headDim)),
    CONTEXT,
  );

interface Buffers {
  cache: DeviceBuffer;
  keys: DeviceBuffer;
}

async function precondition(
  hardware: DeviceHarness,
  { cache, keys }: Buffers,
  { shape, run, how }: { shape: RowShape; run: RowRun; how: Transform },
  direction: PreconditionDirection,
): Promise<void> {
  await hardware.run(
    preconditionKeysSource(how, shape, direction),
    {
      rotation: hardware.upload(rotationOf(shape.headDim)),
      cache,
      keys,
      run: hardware.uniformOf(runParams(run)),
    },
    preconditionKeysGrid(how, shape, run),
  );
}

/** The part of the rotation table that belongs to a run. */
const turnsOf = ({ headDim }: RowShape, { start, tokens }: RowRun) =>
  rotationOf(headDim).slice(start * headDim, (start + tokens) * headDim);

describe("precondition-keys", () => {
  for (const how of TRANSFORMS)
    for (const { why, shape, run } of CASES) {
      const name = `${[how.unrope && "unrope", how.hadamard && "Hadamard"].filter(Boolean).join(" and ")}, ${why}`;
      const size = run.tokens * shape.kvHeads * shape.headDim;
      // A rotation adds two products. The matrix adds up the numbers of a head, which are below 1, and divides by
      // the root of their number.
      const summed = forSum(2 * shape.headDim, 2 * Math.sqrt(shape.headDim));

      deviceTest(`${name}: forward as the reference`, async ({ hardware }) => {
        const original = randomRows(hardware, shape, CONTEXT);
        const buffers = {
          cache: hardware.upload(original.slice()),
          keys: hardware.empty(size * 4),
        };
        await precondition(hardware, buffers, { shape, run, how }, "forward");
        const rows = rowsOfRun(original, shape, run);
        const expected = preconditionKeysReference(rows, turnsOf(shape, run), how, shape);
        expectClose(await hardware.readFloat32(buffers.keys), expected, summed);
        expect(new Uint16Array(await hardware.read(buffers.cache))).toEqual(original);
      });

      deviceTest(
        `${name}: inverse as the reference, in the run's keys only`,
        async ({ hardware }) => {
          const original = randomRows(hardware, shape, CONTEXT);
          const keys = hardware.randomFloat32(size).map((x) => x / Math.sqrt(shape.headDim));
          const buffers = {
            cache: hardware.upload(original.slice()),
            keys: hardware.upload(keys.slice()),
          };
          await precondition(hardware, buffers, { shape, run, how }, "inverse");
          const actual = new Uint16Array(await hardware.read(buffers.cache));
          const rows = rowsOfRun(original, shape, run);
          recoverKeysReference({ rows, keys }, turnsOf(shape, run), how, shape);
          const expected = original.slice();
          expected.set(rows, run.start * 2 * shape.kvHeads * shape.headDim);
          expectClose(floatsOf(actual), floatsOf(expected), { atol: F16_ROUNDING, rtol: 0 });
          const isOutside = (i: number) => {
            const row = Math.floor(i / (2 * shape.kvHeads * shape.headDim));
            const inValue = Math.floor(i / (shape.kvHeads * shape.headDim)) % 2 === 1;
            return inValue || row < run.start || row >= run.start + run.tokens;
          };
          const outside = (codes: Uint16Array) => codes.filter((_, i) => isOutside(i));
          expect(outside(actual)).toEqual(outside(original));
        },
      );

      deviceTest(
        `${name}: there and back is where it was, but for a rounding`,
        async ({ hardware }) => {
          const original = randomRows(hardware, shape, CONTEXT);
          const buffers = {
            cache: hardware.upload(original.slice()),
            keys: hardware.empty(size * 4),
          };
          await precondition(hardware, buffers, { shape, run, how }, "forward");
          await precondition(hardware, buffers, { shape, run, how }, "inverse");
          const actual = new Uint16Array(await hardware.read(buffers.cache));
          expectClose(floatsOf(actual), floatsOf(original), { atol: F16_ROUNDING, rtol: 0 });
        },
      );
    }
});
