import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import { keepDivergentRowsReference, type KeptRows } from "./keep-divergent-rows.ts";
import { mergedRunParams, type MergedRun, type RowPair } from "./merged-layout.ts";
import { mergeRowsReference, type MergedVectors } from "./merge-rows.ts";
import { floatsOf, randomRows, ROW_CASES } from "../rows/row-testing.ts";
import { unmergeRowsGrid, unmergeRowsReference, unmergeRowsSource } from "./unmerge-rows.ts";

type Merged = Omit<MergedVectors, "divergence"> & { kept: KeptRows };

/** Part a run on the device, and return both layers' caches. */
async function unmerge(
  hardware: DeviceHarness,
  { directions, magnitudes, kept }: Merged,
  caches: RowPair,
  { shape, run }: { shape: RowShape; run: MergedRun },
): Promise<Uint16Array[]> {
  const buffers = {
    directions: hardware.upload(directions),
    magnitudes: hardware.upload(magnitudes),
    kept_tokens: hardware.upload(kept.tokens),
    kept_rows: hardware.upload(Uint16Array.of(...kept.rows[0], ...kept.rows[1])),
    keep: hardware.upload(caches[0]),
    share: hardware.upload(caches[1]),
    run: hardware.uniformOf(mergedRunParams(run)),
  };
  await hardware.run(unmergeRowsSource(shape), buffers, unmergeRowsGrid(shape, run));
  const both = await Promise.all([hardware.read(buffers.keep), hardware.read(buffers.share)]);
  return both.map((bytes) => new Uint16Array(bytes));
}

/** The caches as they should be: the run's rows are overwritten, except for those that it skips. */
function withRows(
  caches: RowPair,
  rows: RowPair,
  { kvHeads, headDim }: RowShape,
  { start, skip }: MergedRun,
): Uint16Array[] {
  const width = 2 * kvHeads * headDim;
  return caches.map((cache, layer) => {
    const whole = cache.slice();
    whole.set(rows[layer === 0 ? 0 : 1].subarray(skip * width), (start + skip) * width);
    return whole;
  });
}

const randomPair = (hardware: DeviceHarness, shape: RowShape, tokens: number) =>
  [randomRows(hardware, shape, tokens), randomRows(hardware, shape, tokens)] as const;

/** Random bits, half of them infinities and NaN. */
const randomBits = (hardware: DeviceHarness, length: number): Uint16Array<ArrayBuffer> =>
  Uint16Array.from(hardware.randomFloat32(length), (x, i) => {
    const bits = Math.floor((x + 1) * 2 ** 15);
    return i % 2 === 0 ? bits | 0x7c00 : bits;
  });

describe("unmerge-rows", () => {
  for (const { why, shape, context, run: rowRun } of ROW_CASES) {
    const { tokens, skip } = rowRun;
    const run = { ...rowRun, kept: Math.ceil(tokens * 0.1) };

    deviceTest(`${why}: bit for bit as the reference, and nothing else`, async ({ hardware }) => {
      const source = randomPair(hardware, shape, tokens);
      const merged = mergeRowsReference(source, shape.headDim);
      const kept = keepDivergentRowsReference(source, merged.divergence, {
        tokens,
        skip,
        kept: run.kept,
      });
      const caches = randomPair(hardware, shape, context);
      const parted = await unmerge(hardware, { ...merged, kept }, caches, { shape, run });
      const expected = unmergeRowsReference(merged, kept, shape.headDim, tokens);
      expect(parted).toEqual(withRows(caches, expected, shape, run));
    });

    deviceTest(`${why}: any words, to finite rows, and nothing else`, async ({ hardware }) => {
      const numbers = tokens * 2 * shape.kvHeads * shape.headDim;
      const merged = {
        directions: randomBits(hardware, numbers),
        magnitudes: randomBits(hardware, tokens * 4 * shape.kvHeads),
      };
      const keptNumbers = (numbers / tokens) * run.kept;
      const kept: KeptRows = {
        // Kept tokens in the run, behind it and far outside any buffer, unordered and some of them twice.
        tokens: Uint32Array.from(hardware.randomFloat32(run.kept), (x, i) => {
          const token = Math.floor(Math.abs(x) * (tokens + 2));
          return i % 4 === 3 ? 0xffffffff - token : token;
        }),
        rows: [randomBits(hardware, keptNumbers), randomBits(hardware, keptNumbers)],
      };
      const caches = randomPair(hardware, shape, context);
      const parted = await unmerge(hardware, { ...merged, kept }, caches, { shape, run });
      const expected = unmergeRowsReference(merged, kept, shape.headDim, tokens);
      expect(parted).toEqual(withRows(caches, expected, shape, run));
      expect(expected.every((rows) => floatsOf(rows).every(Number.isFinite))).toBe(true);
    });
  }
});
