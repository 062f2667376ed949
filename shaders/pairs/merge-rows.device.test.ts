import type { DeviceBuffer } from "../../src/device/device.ts";
import { describe, expect } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import type { RowRun, RowShape } from "../rows/coded-layout.ts";
import { mergedRunParams, type RowPair } from "./merged-layout.ts";
import {
  mergeRowsGrid,
  mergeRowsReference,
  mergeRowsSource,
  type MergedVectors,
} from "./merge-rows.ts";
import { floatsOf, randomRows, ROW_CASES, rowsOf, rowsOfRun } from "../rows/row-testing.ts";

/** One step of f16: where a number lies almost halfway between two, either of them is right. */
const STEP = 2 ** -10;
/** An adapter may take a subnormal f16, below 2^-14, for 0. For a short vector as much comes on top. */
const SUBNORMAL = 2 ** -13;
/** Error of a squared distance of 4 at most: an inverse square root is off by up to 2 ULP of an f32. */
const F32_ERROR = 2 ** -16;
/** Bytes behind the results, which must stay as they are. */
const GUARD = 8;

type Merged = Record<"directions" | "magnitudes" | "divergence", Float32Array>;

async function merge(
  hardware: DeviceHarness,
  [keep, share]: RowPair,
  shape: RowShape,
  rowRun: RowRun,
): Promise<Merged> {
  const run = { ...rowRun, kept: 0 };
  const vectors = run.tokens * 2 * shape.kvHeads;
  const sizes = { directions: vectors * shape.headDim * 2, magnitudes: vectors * 4 };
  const buffers = {
    keep: hardware.upload(keep),
    share: hardware.upload(share),
    directions: hardware.empty(sizes.directions + GUARD),
    magnitudes: hardware.empty(sizes.magnitudes + GUARD),
    divergence: hardware.empty(sizes.magnitudes + GUARD),
    run: hardware.uniformOf(mergedRunParams(run)),
  };
  await hardware.run(mergeRowsSource(shape), buffers, mergeRowsGrid(shape, run));
  const read = async (buffer: DeviceBuffer) => {
    const all = await hardware.read(buffer);
    const end = all.byteLength - GUARD;
    expect([...new Uint8Array(all, end)]).toEqual(new Array(GUARD).fill(0));
    return all.slice(0, end);
  };
  return {
    directions: floatsOf(new Uint16Array(await read(buffers.directions))),
    magnitudes: floatsOf(new Uint16Array(await read(buffers.magnitudes))),
    divergence: new Float32Array(await read(buffers.divergence)),
  };
}

function expectAsReference(actual: Merged, expected: MergedVectors): void {
  const near = { atol: SUBNORMAL, rtol: STEP };
  expectClose(actual.directions, floatsOf(expected.directions), near);
  expectClose(actual.magnitudes, floatsOf(expected.magnitudes), near);
  expectClose(actual.divergence, Float32Array.from(expected.divergence), {
    atol: F32_ERROR,
    rtol: 0,
  });
}

describe("merge-rows", () => {
  for (const { why, shape, context, run } of ROW_CASES)
    deviceTest(`${why}: as the reference`, async ({ hardware }) => {
      const pair = [
        randomRows(hardware, shape, context),
        randomRows(hardware, shape, context),
      ] as const;
      const merged = await merge(hardware, pair, shape, run);
      const rows = pair.map((cache) => rowsOfRun(cache, shape, run).slice());
      const [keep = new Uint16Array(), share = new Uint16Array()] = rows;
      expectAsReference(merged, mergeRowsReference([keep, share], shape.headDim));
    });

  deviceTest("zeros, one direction, opposite ones, the largest numbers", async ({ hardware }) => {
    const shape = { kvHeads: 1, headDim: 8 };
    const run = { start: 0, tokens: 6, skip: 0 };
    const random = hardware.randomFloat32(12 * 8);
    /** Pairs of vectors, one for each token. */
    const kinds: readonly (readonly [(x: number) => number, (x: number) => number])[] = [
      [() => 0, () => 0],
      [() => 0, (x) => x],
      [(x) => x, () => 0],
      [(x) => x, (x) => 4 * x],
      [(x) => x, (x) => -x / 2],
      [() => 65504, () => -65504],
    ];
    const layer = (which: 0 | 1) =>
      rowsOf(random.map((x, i) => kinds[Math.floor(i / 16)]?.[which](x) ?? NaN));
    const pair = [layer(0), layer(1)] as const;
    const merged = await merge(hardware, pair, shape, run);
    expectAsReference(merged, mergeRowsReference(pair, 8));
    // Tokens that do not diverge at all must tie on every adapter.
    expect([...merged.divergence.slice(0, 8)]).toEqual(new Array(8).fill(0));
    expect([...merged.divergence.slice(8)].every((x) => Math.abs(x - 4) < F32_ERROR)).toBe(true);
  });

  deviceTest(
    "nearly opposite vectors: as far as they are apart, or the first's",
    async ({ hardware }) => {
      const shape = { kvHeads: 1, headDim: 4 };
      const run = { start: 0, tokens: 8, skip: 0 };
      // The second vectors are off the opposite direction by 2^-2 to 2^-17, on both sides of the bound.
      const off = (i: number) => 2 ** -(2 + Math.floor(i / 4));
      const u = rowsOf(new Float32Array(8 * 8).map((_, i) => (i % 4 === 0 ? 1 : 0)));
      const v = rowsOf(new Float32Array(8 * 8).map((_, i) => [-1, off(i), 0, 0][i % 4] ?? NaN));
      const merged = await merge(hardware, [u, v], shape, run);
      // The sum of the directions is small: f32's error in it is 2^-24 / 10^-3 at most.
      const expected = mergeRowsReference([u, v], 4);
      expectClose(merged.directions, floatsOf(expected.directions), { atol: 2 ** -11, rtol: STEP });
    },
  );
});
