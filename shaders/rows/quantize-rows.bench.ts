import { describe } from "vitest";
import { runWork, type Work } from "../../src/device/bench-work.ts";
import { bindKernel, compileKernel } from "../../src/device/kernel.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { recordRow } from "../../src/metrics/bench-rows.ts";
import { measureInTurns, summarize } from "../../src/metrics/samples.ts";
import { codedLayout, runParams, type RowCode, type RowShape } from "./coded-layout.ts";
import { dequantizeRowsGrid, dequantizeRowsSource } from "./dequantize-rows.ts";
import { quantizeRowsGrid, quantizeRowsSource } from "./quantize-rows.ts";
import { randomRows } from "./row-testing.ts";
import { rotationTable } from "../forward/rope-append.ts";
import { preconditionKeysGrid, preconditionKeysSource } from "./precondition-keys.ts";

const ROUNDS = 7;
const REPEATS = 4;
/** The run is one chunk. */
const RUN = { start: 0, tokens: 128, skip: 0 };

/** Pip's cache, and a few layers of a model that is as wide as one of 8B parameters. */
const SHAPES: readonly (RowShape & { name: string; layers: number })[] = [
  { name: "2 heads of 32, 12 layers", kvHeads: 2, headDim: 32, layers: 12 },
  { name: "8 heads of 128, 2 layers", kvHeads: 8, headDim: 128, layers: 2 },
];

const CODES: readonly (RowCode & { name: string })[] = [
  ...([2, 3, 4, 8] as const).map((bits) => ({
    name: `int${bits}`,
    bits,
    group: 64 as const,
    hadamard: false,
    unrope: false,
  })),
  { name: "int4 Hadamard", bits: 4, group: 64, hadamard: true, unrope: false },
  { name: "int4 unrope, Hadamard", bits: 4, group: 64, hadamard: true, unrope: true },
];

/** The kernels that rows pass through when they are coded, and when they are decoded. */
function kernelsOf(code: RowCode, shape: RowShape) {
  const precondition = (direction: "forward" | "inverse") =>
    code.hadamard || code.unrope
      ? [
          {
            source: preconditionKeysSource(code, shape, direction),
            grid: preconditionKeysGrid(code, shape, RUN),
          },
        ]
      : [];
  const quantize = {
    source: quantizeRowsSource(code, shape),
    grid: quantizeRowsGrid(code, shape, RUN),
  };
  const dequantize = {
    source: dequantizeRowsSource(code, shape),
    grid: dequantizeRowsGrid(shape, RUN),
  };
  return {
    encode: [...precondition("forward"), quantize],
    decode: [dequantize, ...precondition("inverse")],
  };
}

/** Buffers for one chunk of all layers. Each layer has its own cache and codes. */
function buffersOf(hardware: DeviceHarness, code: RowCode, shape: RowShape & { layers: number }) {
  const { kvHeads, headDim, layers } = shape;
  const frequencies = Array.from({ length: headDim / 2 }, (_, d) => 10_000 ** ((-2 * d) / headDim));
  const shared = {
    rotation: hardware.upload(rotationTable(frequencies, RUN.tokens)),
    keys: hardware.empty(RUN.tokens * kvHeads * headDim * 4),
    run: hardware.uniformOf(runParams(RUN)),
  };
  const rows = randomRows(hardware, shape, RUN.tokens);
  return Array.from({ length: layers }, () => ({
    ...shared,
    cache: hardware.upload(rows),
    coded: hardware.empty(codedLayout(code, shape, RUN.tokens).words * 4),
  }));
}

async function works(
  hardware: DeviceHarness,
  code: RowCode,
  shape: RowShape & { layers: number },
): Promise<Record<"encode" | "decode", Work>> {
  const layers = buffersOf(hardware, code, shape);
  const { encode, decode } = kernelsOf(code, shape);
  const workOf = async (stages: typeof encode | typeof decode): Promise<Work> => {
    const compiled = await Promise.all(
      stages.map(async ({ source, grid }) => ({
        kernel: await compileKernel<string>(hardware.device, source),
        grid,
      })),
    );
    return layers.flatMap((buffers) =>
      compiled.map(({ kernel, grid }) => ({
        bound: bindKernel(hardware.device, kernel, buffers),
        grid: () => grid,
      })),
    );
  };
  return { encode: await workOf(encode), decode: await workOf(decode) };
}

const round = (value: number): number => Number(value.toPrecision(3));

describe.each(SHAPES)("$name", (shape) => {
  deviceTest("a chunk's rows, in MB/s of f16", async ({ hardware, task }) => {
    const { kvHeads, headDim, layers } = shape;
    const bytes = RUN.tokens * 2 * kvHeads * headDim * 2 * layers;
    for (const code of CODES) {
      const { encode, decode } = await works(hardware, code, shape);
      const samples = await measureInTurns(
        {
          encode: () => runWork(hardware, encode, REPEATS),
          decode: () => runWork(hardware, decode, REPEATS),
        },
        { rounds: ROUNDS },
      );
      for (const [way, ms] of Object.entries(samples)) {
        const { medianMs, spread } = summarize(ms);
        recordRow(task, {
          name: `${way} ${code.name}, ${shape.name}`,
          value: round((bytes * REPEATS) / medianMs / 1000),
          unit: "MB/s",
          msPerChunk: round(medianMs / REPEATS),
          ratio: round(bytes / layers / (codedLayout(code, shape, RUN.tokens).words * 4)),
          spread: round(spread),
        });
      }
    }
  });
});
