import type { DeviceBuffer } from "../../src/device/device.ts";
import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import {
  keepDivergentRowsGrid,
  keepDivergentRowsReference,
  keepDivergentRowsSource,
  type KeptRows,
} from "./keep-divergent-rows.ts";
import { mergedRunParams, type MergedRun, type RowPair } from "./merged-layout.ts";
import { randomRows, ROW_CASES, rowsOfRun } from "../rows/row-testing.ts";

/** Words behind the results, which must stay as they are. */
const GUARD = 2;

async function keepRows(
  hardware: DeviceHarness,
  { divergence, pair }: { divergence: Float32Array<ArrayBuffer>; pair: RowPair },
  shape: RowShape,
  run: MergedRun,
): Promise<KeptRows> {
  const rowWords = shape.kvHeads * shape.headDim;
  const buffers = {
    divergence: hardware.upload(divergence),
    keep: hardware.upload(pair[0]),
    share: hardware.upload(pair[1]),
    kept_tokens: hardware.empty((run.kept + GUARD) * 4),
    kept_rows: hardware.empty((2 * run.kept * rowWords + GUARD) * 4),
    run: hardware.uniformOf(mergedRunParams(run)),
  };
  await hardware.run(
    keepDivergentRowsSource(shape, run.tokens + 3),
    buffers,
    keepDivergentRowsGrid(run),
  );
  const read = async (buffer: DeviceBuffer) => {
    const all = await hardware.readUint32(buffer);
    expect([...all.slice(-GUARD)]).toEqual([0, 0]);
    return all.slice(0, -GUARD);
  };
  const rows = new Uint16Array((await read(buffers.kept_rows)).buffer);
  const half = rows.length / 2;
  return {
    tokens: await read(buffers.kept_tokens),
    rows: [rows.slice(0, half), rows.slice(half)],
  };
}

const shareOf = (tokens: number, share: number) => Math.ceil(tokens * share);

describe("keep-divergent-rows", () => {
  for (const { why, shape, context, run: rowRun } of ROW_CASES)
    for (const share of [0.05, 0.4, 1])
      deviceTest(`${share} of the tokens, ${why}: as the reference`, async ({ hardware }) => {
        const run = { ...rowRun, kept: shareOf(rowRun.tokens, share) };
        const pair = [
          randomRows(hardware, shape, context),
          randomRows(hardware, shape, context),
        ] as const;
        // Only 20 different values, so that there are ties.
        const divergence = hardware
          .randomFloat32(run.tokens * 2 * shape.kvHeads)
          .map((x) => Math.floor(Math.abs(x) * 20) / 5);
        const kept = await keepRows(hardware, { divergence, pair }, shape, run);
        const rows = pair.map((cache) => rowsOfRun(cache, shape, run).slice());
        const [keep = new Uint16Array(), shared = new Uint16Array()] = rows;
        expect(kept).toEqual(keepDivergentRowsReference([keep, shared], divergence, run));
      });

  deviceTest(
    "what is not finite has a rank as well: as many tokens, each once",
    async ({ hardware }) => {
      const shape = { kvHeads: 1, headDim: 4 };
      const run = { start: 2, tokens: 70, skip: 0, kept: 30 };
      const pair = [randomRows(hardware, shape, 80), randomRows(hardware, shape, 80)] as const;
      const divergence = hardware
        .randomFloat32(140)
        .map((x, i) => [NaN, Infinity, Math.abs(x), 0][Math.floor(i / 2) % 4] ?? NaN);
      const { tokens } = await keepRows(hardware, { divergence, pair }, shape, run);
      expect([...tokens]).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      expect(tokens.every((token) => token < 70)).toBe(true);
    },
  );
});
