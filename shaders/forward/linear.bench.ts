import { describe } from "vitest";
import { prepareWork, runWork, type Work } from "../../src/device/bench-work.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { recordRow } from "../../src/metrics/bench-rows.ts";
import { measureInTurns, medianRatio, summarize } from "../../src/metrics/samples.ts";
import {
  linearParams,
  MATMUL_BROADCAST,
  MATMUL_TILED,
  MATVEC_BROADCAST,
  matvecShared,
  type LinearShape,
} from "./linear.ts";
import { assert } from "../../src/shared/assert.ts";
import { laneSharing } from "../reduce.ts";
import { packWeights } from "../testing.ts";
import { columnUnit, type WeightFormat } from "./weight-format.ts";

const TOKENS = 128;
const ROUNDS = 7;
const REPEATS = 4;

const FORMATS: readonly WeightFormat[] = ["f16", "q4-f16"];

/** The formats of GGUF, beside MLC's. */
const CODES: readonly WeightFormat[] = [
  "q4-f16",
  "affine4-f16",
  "affine8-f16",
  "affine4-k",
  "affine8-k",
];

/** Shapes of SmolLM2-135M: gate and up, and down. The formats for blocks of 256 columns hold only the second. */
const SMOLLM2_SHAPES: readonly LinearShape[] = [
  { rows: 3072, columns: 576 },
  { rows: 576, columns: 1536 },
];

/** Shapes of Pip's four linear layers, and of one in a model a hundred times its size. */
const SHAPES: readonly LinearShape[] = [
  { rows: 320, columns: 192 },
  { rows: 896, columns: 192 },
  { rows: 192, columns: 448 },
  { rows: 576, columns: 576 },
  { rows: 2048, columns: 1024 },
];

function operands(
  hardware: DeviceHarness,
  format: WeightFormat,
  shape: LinearShape,
  tokens: number,
) {
  const { rows, columns } = shape;
  const weights = packWeights(format, hardware.randomFloat32(rows * columns), shape);
  return {
    bytes: weights.byteLength,
    buffers: {
      weights: hardware.upload(weights),
      x: hardware.upload(hardware.randomFloat32(tokens * columns)),
      y: hardware.empty(tokens * rows * 4),
      params: hardware.uniformOf(linearParams(shape)),
      step: hardware.uniform(0, tokens),
    },
  };
}

/** Every way to multiply many tokens that the device has. */
async function matmuls(hardware: DeviceHarness, format: WeightFormat, shape: LinearShape) {
  const { buffers } = operands(hardware, format, shape, TOKENS);
  const works: Record<string, Work> = {};
  for (const [name, variant] of Object.entries({
    "matmul-tiled": MATMUL_TILED,
    ...(hardware.adapter.subgroupLanes >= 4 && { "matmul-broadcast": MATMUL_BROADCAST }),
  }))
    works[name] = await prepareWork(
      hardware,
      variant.source(format, "store"),
      buffers,
      variant.grid(shape, TOKENS),
    );
  return works;
}

/** Every way to multiply one token that the device has. */
async function matvecs(hardware: DeviceHarness, format: WeightFormat, shape: LinearShape) {
  const { bytes, buffers } = operands(hardware, format, shape, 1);
  const gain = hardware.upload(hardware.randomFloat32(shape.columns));
  const works: Record<string, Work> = {};
  for (const [name, variant] of Object.entries({
    "matvec shared": matvecShared(laneSharing(hardware.adapter)),
    ...(hardware.adapter.subgroupLanes >= 4 && { "matvec broadcast": MATVEC_BROADCAST }),
  }))
    works[name] = await prepareWork(
      hardware,
      variant.source(format, "store", { norm: false }),
      { ...buffers, gain },
      variant.grid(shape),
    );
  return { bytes, works };
}

async function timed(hardware: DeviceHarness, works: Record<string, Work>) {
  const candidates = Object.fromEntries(
    Object.entries(works).map(([name, work]) => [name, () => runWork(hardware, work, REPEATS)]),
  );
  const samples = await measureInTurns(candidates, { rounds: ROUNDS });
  return Object.entries(samples).map(([name, ms]) => ({ name, ...summarize(ms) }));
}

const round = (value: number): number => Number(value.toPrecision(3));

describe.each(FORMATS)("%s", (format) => {
  deviceTest("matrix products, variants side by side", async ({ hardware, task }) => {
    for (const shape of SHAPES) {
      const { rows, columns } = shape;
      for (const { name, medianMs, spread } of await timed(
        hardware,
        await matmuls(hardware, format, shape),
      ))
        recordRow(task, {
          name: `${name} ${format} ${TOKENS}×${columns}×${rows}`,
          value: round((2 * TOKENS * rows * columns * REPEATS) / medianMs / 1e6),
          unit: "GFLOP/s",
          spread: round(spread),
        });
    }
  });

  deviceTest("matrix-vector products, variants side by side", async ({ hardware, task }) => {
    for (const shape of SHAPES) {
      const { rows, columns } = shape;
      const { bytes, works } = await matvecs(hardware, format, shape);
      for (const { name, medianMs, spread } of await timed(hardware, works))
        recordRow(task, {
          name: `${name} ${format} ${columns}×${rows}`,
          value: round((2 * rows * columns * REPEATS) / medianMs / 1e6),
          unit: "GFLOP/s",
          weightsMBps: round((bytes * REPEATS) / medianMs / 1e3),
          spread: round(spread),
        });
    }
  });
});

describe("formats of codes side by side, on the kernels of this adapter", () => {
  const kinds = { "matrix-vector": 1, matrix: TOKENS };
  for (const [kind, tokens] of Object.entries(kinds))
    deviceTest(`${kind} products`, async ({ hardware, task }) => {
      for (const shape of SMOLLM2_SHAPES) {
        const formats = CODES.filter((format) => shape.columns % columnUnit(format) === 0);
        const works = await worksOf(hardware, formats, shape, tokens);
        const samples = await measureInTurns(
          Object.fromEntries(
            formats.map((format) => [
              format,
              () => runWork(hardware, works[format] ?? [], REPEATS),
            ]),
          ),
          { rounds: tokens === 1 ? 3 * ROUNDS : ROUNDS },
        );
        for (const format of formats)
          recordRow(task, {
            name: `${kind} ${format} ${shape.columns}×${shape.rows}`,
            value: round(summarize(samples[format] ?? []).medianMs / REPEATS),
            unit: "ms",
            timeRatio: round(medianRatio(samples[format] ?? [], samples["q4-f16"] ?? [])),
          });
      }
    });
});

/** The product that the adapter's kernel computes, in each format. */
async function worksOf(
  hardware: DeviceHarness,
  formats: readonly WeightFormat[],
  shape: LinearShape,
  tokens: number,
): Promise<Record<string, Work>> {
  const { software } = hardware.adapter;
  const works: Record<string, Work> = {};
  for (const format of formats) {
    const all =
      tokens === 1
        ? (await matvecs(hardware, format, shape)).works
        : await matmuls(hardware, format, shape);
    const chosen = Object.entries(all).find(([name]) => name.endsWith("broadcast") === software);
    assert(chosen !== undefined, "the adapter has a kernel for the product");
    works[format] = chosen[1];
  }
  return works;
}
