import { expect } from "vitest";
import type { DeviceHarness } from "../../src/device/testing.ts";
import { decodeFloats, encodeFloats } from "../../src/shared/number-formats.ts";
import { halfValue } from "../exact-f16.ts";
import { groupsOf, type RowCode, type RowRun, type RowShape } from "./coded-layout.ts";
import { codeOf } from "./dequantize-rows.ts";

/** Shapes and runs in which a block, a group or the context ends early. */
export const ROW_CASES: readonly { why: string; shape: RowShape; context: number; run: RowRun }[] =
  [
    {
      why: "whole groups and blocks, from the front",
      shape: { kvHeads: 2, headDim: 32 },
      context: 128,
      run: { start: 0, tokens: 128, skip: 0 },
    },
    {
      why: "a last group of 32, sinks skipped, up to the last row",
      shape: { kvHeads: 2, headDim: 64 },
      context: 128,
      run: { start: 32, tokens: 96, skip: 4 },
    },
    {
      why: "channels and tokens that fill no block",
      shape: { kvHeads: 3, headDim: 4 },
      context: 64,
      run: { start: 3, tokens: 37, skip: 0 },
    },
    {
      why: "more channels than a group, the last one short; a group skipped whole",
      shape: { kvHeads: 5, headDim: 16 },
      context: 80,
      run: { start: 1, tokens: 70, skip: 66 },
    },
    {
      why: "one head of 80",
      shape: { kvHeads: 1, headDim: 80 },
      context: 48,
      run: { start: 5, tokens: 43, skip: 3 },
    },
    {
      why: "one head of 96",
      shape: { kvHeads: 1, headDim: 96 },
      context: 36,
      run: { start: 2, tokens: 33, skip: 0 },
    },
    {
      why: "three heads of 128",
      shape: { kvHeads: 3, headDim: 128 },
      context: 34,
      run: { start: 0, tokens: 32, skip: 4 },
    },
    {
      why: "one row",
      shape: { kvHeads: 1, headDim: 8 },
      context: 4,
      run: { start: 2, tokens: 1, skip: 0 },
    },
  ];

/** All numbers of bits. Both sizes of group have numbers of bits that fill words, and such that do not. */
export const ROW_CODES: readonly RowCode[] = (
  [
    [2, 32],
    [3, 32],
    [3, 64],
    [4, 64],
    [8, 32],
  ] as const
).map(([bits, group]) => ({ bits, group, hadamard: false, unrope: false }));

export const floatsOf = (rows: Uint16Array): Float32Array<ArrayBuffer> =>
  decodeFloats(new Uint8Array(rows.slice().buffer), "f16");
export const rowsOf = (values: Float32Array): Uint16Array<ArrayBuffer> =>
  new Uint16Array(encodeFloats(values, "f16").buffer);

/** A cache [context, 2, kvHeads, headDim], f16 bits, of numbers in [-1, 1). */
export const randomRows = (
  hardware: DeviceHarness,
  { kvHeads, headDim }: RowShape,
  context: number,
) => rowsOf(hardware.randomFloat32(context * 2 * kvHeads * headDim));

/** The rows of a cache that belong to a run. */
export function rowsOfRun(
  cache: Uint16Array,
  { kvHeads, headDim }: RowShape,
  { start, tokens }: RowRun,
): Uint16Array {
  const rowSize = 2 * kvHeads * headDim;
  return cache.slice(start * rowSize, (start + tokens) * rowSize);
}

/**
 * Compare two codings of the same rows.
 *
 * @returns number of codes, of those that differ, and their largest difference; number of scale words that
 *   differ, and the largest difference of a scale or minimum
 */
export function compareCoded(
  [actual, expected]: readonly [Uint32Array, Uint32Array],
  code: RowCode,
  shape: RowShape,
  tokens: number,
) {
  expect(actual.length).toBe(expected.length);
  const found = { codes: 0, differing: 0, mostApart: 0, scales: 0, scaleApart: 0 };
  for (const group of groupsOf(code, shape, tokens)) {
    const [a = 0, b = 0] = [actual[group.scale], expected[group.scale]];
    const apart = Math.max(
      Math.abs(halfValue(a) - halfValue(b)),
      Math.abs(halfValue(a >>> 16) - halfValue(b >>> 16)),
    );
    if (a !== b) found.scales++;
    found.scaleApart = Math.max(found.scaleApart, apart);
    for (let i = 0; i < group.length; i++) {
      const steps = Math.abs(
        codeOf(actual, group, code.bits, i) - codeOf(expected, group, code.bits, i),
      );
      found.codes++;
      if (steps > 0) found.differing++;
      found.mostApart = Math.max(found.mostApart, steps);
    }
  }
  return found;
}
