import { describe } from "vitest";
import { prepareWork, runWork } from "../../src/device/bench-work.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { recordRow } from "../../src/metrics/bench-rows.ts";
import { measureInTurns, summarize } from "../../src/metrics/samples.ts";
import { BLOCK_TYPES, decodeBlocks, type BlockType } from "../../src/shared/gguf-blocks.ts";
import { formatHolding } from "../forward/format-holding.ts";
import { dequantizeReference, weightBytes, type WeightFormat } from "../forward/weight-format.ts";
import { repackGrid, repackParams, repackSource, type RepackRun } from "./repack.ts";
import { randomBlocks, worstError } from "./testing.ts";

const SHAPE = { rows: 512, columns: 2048 };
const WEIGHTS = SHAPE.rows * SHAPE.columns;
const ROUNDS = 25;

/** Every type in the format that a matrix of it alone gets, and two that share a matrix with another type. */
const CASES: readonly { type: BlockType; format: WeightFormat }[] = [
  ...(Object.keys(BLOCK_TYPES) as BlockType[]).map((type) => ({
    type,
    format: formatHolding([type]),
  })),
  { type: "Q4_K", format: formatHolding(["Q4_K", "Q6_K"]) },
  { type: "Q4_K", format: formatHolding(["Q4_K", "Q8_0"]) },
];

const round = (value: number): number => Number(value.toPrecision(3));

async function prepare(hardware: DeviceHarness, type: BlockType, format: WeightFormat) {
  const bytes = randomBlocks(hardware, type, WEIGHTS);
  const run: RepackRun = {
    type,
    format,
    ...SHAPE,
    firstRow: 0,
    weightRows: SHAPE.rows,
    interleavedHeadDim: undefined,
  };
  const { codes, scales } = weightBytes(format, SHAPE);
  const weights = hardware.empty(codes + scales);
  const buffers = {
    blocks: hardware.upload(bytes),
    weights,
    params: hardware.uniformOf(repackParams(run)),
  };
  const work = await prepareWork(hardware, repackSource(type, format), buffers, repackGrid(run));
  await runWork(hardware, work);
  const found = dequantizeReference(format, new Uint8Array(await hardware.read(weights)), SHAPE);
  return {
    name: `${type} to ${format}`,
    work,
    fileBytes: bytes.length,
    memoryBytes: codes + scales,
    error: worstError(found, decodeBlocks(type, bytes)),
  };
}

describe("repacking", () => {
  deviceTest("bytes, errors and speed of every type", async ({ hardware, task }) => {
    const prepared = [];
    for (const { type, format } of CASES) prepared.push(await prepare(hardware, type, format));
    const samples = await measureInTurns(
      Object.fromEntries(prepared.map(({ name, work }) => [name, () => runWork(hardware, work)])),
      { rounds: ROUNDS },
    );
    for (const { name, fileBytes, memoryBytes, error } of prepared) {
      const { minMs, spread } = summarize(samples[name] ?? []);
      recordRow(task, {
        name,
        value: round(fileBytes / minMs / 1e3),
        unit: "MB/s",
        fileBytesPerWeight: round(fileBytes / WEIGHTS),
        memoryBytesPerWeight: round(memoryBytes / WEIGHTS),
        errorLog2: error === 0 ? "exact" : round(Math.log2(error)),
        spread: round(spread),
      });
    }
  });
});
