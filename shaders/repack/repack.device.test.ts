import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { BLOCK_TYPES, decodeBlocks, type BlockType } from "../../src/shared/gguf-blocks.ts";
import { encodeFloats } from "../../src/shared/number-formats.ts";
import { dequantizeReference, weightBytes, type WeightFormat } from "../forward/weight-format.ts";
import { repackGrid, repackParams, repackSource, weightRow, type RepackRun } from "./repack.ts";
import { randomBlocks, worstError } from "./testing.ts";

/** Every format that a matrix with blocks of a type may have: see `formatHolding`. */
const FORMATS: Record<BlockType, readonly WeightFormat[]> = {
  Q4_0: ["affine4-f16", "affine8-f16", "f16", "f32"],
  Q4_1: ["affine4-f16", "affine8-f16", "f16", "f32"],
  Q5_0: ["affine8-f16", "f16", "f32"],
  Q5_1: ["affine8-f16", "f16", "f32"],
  Q8_0: ["affine8-f16", "f16", "f32"],
  Q4_K: ["affine4-k", "affine8-k", "f16", "f32"],
  Q5_K: ["affine8-k", "f16", "f32"],
  Q6_K: ["affine8-k", "f16", "f32"],
  F16: ["f16", "f32"],
  BF16: ["bf16", "f32"],
  F32: ["f32"],
};

const CASES = Object.entries(FORMATS).flatMap(([type, formats]) =>
  formats.map((format) => ({ type: type as BlockType, format })),
);

/** Runs of an odd number of rows of a weight of 24 rows: two heads of 8, and 8 rows that are no heads. */
const RUNS = [
  { firstRow: 5, rows: 7, interleavedHeadDim: 8 },
  { firstRow: 21, rows: 3, interleavedHeadDim: undefined },
];
const WEIGHT_ROWS = 24;

describe.each(CASES)("$type to $format", ({ type, format }) => {
  // Two blocks of a row, or three where a row need not be whole blocks of 64 columns.
  const { columns: blockColumns } = BLOCK_TYPES[type];
  const columns = blockColumns === 256 ? 512 : 96;
  const shape = { rows: WEIGHT_ROWS, columns };

  deviceTest(
    "rows of any run come to their places, and nothing else changes",
    async ({ hardware }) => {
      const { codes, scales } = weightBytes(format, shape);
      const weights = hardware.empty(codes + scales);
      const expected = new Float32Array(WEIGHT_ROWS * columns);
      for (const place of RUNS) {
        const run: RepackRun = { type, format, columns, weightRows: WEIGHT_ROWS, ...place };
        const bytes = randomBlocks(hardware, type, run.rows * columns);
        const values = decodeBlocks(type, bytes);
        for (let row = 0; row < run.rows; row++) {
          const to = weightRow(run.firstRow + row, run.interleavedHeadDim);
          expected.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
        }
        const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
        whole.set(bytes);
        const buffers = {
          blocks: hardware.upload(whole),
          weights,
          params: hardware.uniformOf(repackParams(run)),
        };
        await hardware.run(repackSource(type, format), buffers, repackGrid(run));
      }
      const found = dequantizeReference(
        format,
        new Uint8Array(await hardware.read(weights)),
        shape,
      );
      expect(worstError(found, expected)).toBeLessThanOrEqual(format === "f16" ? 2 ** -11 : 0);
    },
  );
});

describe("the largest scales of f16", () => {
  const CODES = { Q4_0: 0x00, Q6_K: 0xff } as const;

  /** What one row of blocks that all have scale 65504 and the same codes becomes. */
  async function repacked(hardware: DeviceHarness, type: "Q4_0" | "Q6_K", format: WeightFormat) {
    const { columns, bytes: size } = BLOCK_TYPES[type];
    const bytes = new Uint8Array(Math.ceil(size / 4) * 4).fill(CODES[type], 0, size);
    // Q6_K's factors are the 16 bytes before its scale.
    if (type === "Q6_K") bytes.fill(127, 192, 208);
    bytes.set(encodeFloats(Float32Array.of(65504), "f16"), type === "Q6_K" ? 208 : 0);
    const shape = { rows: 1, columns };
    const place = { firstRow: 0, weightRows: 1, interleavedHeadDim: undefined };
    const run: RepackRun = { type, format, ...shape, ...place };
    const { codes, scales } = weightBytes(format, shape);
    const weights = hardware.empty(codes + scales);
    const params = hardware.uniformOf(repackParams(run));
    const buffers = { blocks: hardware.upload(bytes), weights, params };
    await hardware.run(repackSource(type, format), buffers, repackGrid(run));
    return dequantizeReference(format, new Uint8Array(await hardware.read(weights)), shape);
  }

  deviceTest("numbers beyond f16 stay exact in codes of 8 bits", async ({ hardware }) => {
    const expected = new Float32Array(256).fill(65504 * 127 * 31);
    expect(await repacked(hardware, "Q6_K", "affine8-k")).toEqual(expected);
    const four = new Float32Array(32).fill(-8 * 65504);
    expect(await repacked(hardware, "Q4_0", "affine8-f16")).toEqual(four);
  });

  deviceTest("where f16 cannot hold them, they are its largest number", async ({ hardware }) => {
    expect(await repacked(hardware, "Q6_K", "f16")).toEqual(new Float32Array(256).fill(65504));
    expect(await repacked(hardware, "Q4_0", "affine4-f16")).toEqual(
      new Float32Array(32).fill(-65504),
    );
  });
});
