import type { DeviceBuffer } from "../../src/device/device.ts";
import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  attentionGramGrid,
  attentionGramReference,
  attentionGramSource,
  gramBytes,
  readGram,
  type GramSums,
} from "./attention-gram.ts";
import { attentionRowsBytes, sampleParams, sampleTokens } from "./attention-rows.ts";
import { laneSharing, type LaneSharing } from "../reduce.ts";
import { laneSharings } from "../testing.ts";

const ROWS = 3;
const CONTEXT = 70;

interface Step {
  position: number;
  tokens: number;
}

/** Number of positions that each sampled row of the step sees. */
function seenBy({ position, tokens }: Step): number[] {
  const { first, stride, rows } = sampleTokens(tokens, ROWS);
  return Array.from({ length: rows }, (_, row) => position + first + row * stride + 1);
}

/** Random rows [rows, groups, context] that add up to 1, and are 0 past the positions that a row sees. */
function randomWeights(hardware: DeviceHarness, step: Step, groups: number): Float32Array {
  const end = step.position + step.tokens;
  const rows = seenBy(step).flatMap((seen) =>
    Array.from({ length: groups }, () => {
      const weights = hardware.randomFloat32(end).map((v, i) => (i < seen ? v * v : 0));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return [...weights.map((weight) => weight / total)];
    }),
  );
  return Float32Array.from(rows.flat());
}

/** Weights as they lie on the GPU, with room for ROWS rows in a layer and for CONTEXT positions in a row. */
function laidOut(layers: readonly Float32Array[], step: Step, groups: number) {
  const layerSize =
    attentionRowsBytes({ rows: ROWS, groups, heads: groups, contextTokens: CONTEXT }).weights / 4;
  const rowSize = layerSize / ROWS / groups;
  const end = step.position + step.tokens;
  // The kernel reads rows in whole slices. What lies behind them is never written, and must not be read.
  const weights = new Float32Array(layers.length * layerSize).fill(NaN);
  layers.forEach((rows, layer) => {
    for (let row = 0; row < rows.length / end; row++) {
      const start = layer * layerSize + row * rowSize;
      weights.fill(0, start, start + rowSize);
      weights.set(rows.subarray(row * end, (row + 1) * end), start);
    }
  });
  return weights;
}

async function addStep(
  hardware: DeviceHarness,
  sums: DeviceBuffer,
  { layers, step, groups }: { layers: readonly Float32Array[]; step: Step; groups: number },
  sharing: LaneSharing,
): Promise<void> {
  const sample = sampleTokens(step.tokens, ROWS);
  const shape = { layers: layers.length, rows: ROWS, groups, contextTokens: CONTEXT };
  await hardware.run(
    attentionGramSource(shape, sharing),
    {
      weights: hardware.upload(laidOut(layers, step, groups)),
      sums,
      step: hardware.uniform(step.position, step.tokens),
      sample: hardware.uniformOf(sampleParams(sample)),
    },
    attentionGramGrid(layers.length, sample.rows, sharing),
  );
}

const DECODE = { position: 68, tokens: 1 };
const PREFILL = { position: 21, tokens: 8 };

describe("attention gram", () => {
  // One layer, a little more than a tile, and more tiles on a side than the lanes of a workgroup take.
  for (const { layers, groups, step } of [
    { layers: 1, groups: 1, step: { position: 0, tokens: 1 } },
    { layers: 6, groups: 2, step: PREFILL },
    { layers: 17, groups: 1, step: PREFILL },
    { layers: 12, groups: 2, step: DECODE },
  ])
    deviceTest(
      `${layers} layers, ${groups} groups, ${JSON.stringify(step)}: the reference's sums`,
      async ({ hardware }) => {
        const rows = Array.from({ length: layers }, () => randomWeights(hardware, step, groups));
        const expected = attentionGramReference(
          rows.map((layer) => Float64Array.from(layer)),
          seenBy(step),
        );
        for (const sharing of laneSharings(hardware)) {
          const sums = hardware.empty(gramBytes(layers));
          await addStep(hardware, sums, { layers: rows, step, groups }, sharing);
          const { gram, edge } = readGram(await hardware.readUint32(sums), layers);
          // All terms are positive, so a sum is its own magnitude.
          const close = (actual: Float64Array, wanted: Float64Array) =>
            expectClose(
              Float32Array.from(actual),
              Float32Array.from(wanted),
              forSum(groups * CONTEXT, Math.max(...wanted)),
            );
          close(gram, expected.gram);
          close(edge, expected.edge);
        }
      },
    );

  deviceTest("steps add up exactly, in either order", async ({ hardware }) => {
    const [layers, groups] = [5, 2];
    const sharing = laneSharing(hardware.adapter);
    const steps = [PREFILL, DECODE, { position: 0, tokens: 3 }].map((step) => ({
      layers: Array.from({ length: layers }, () => randomWeights(hardware, step, groups)),
      ...{ step, groups },
    }));
    const sumOf = async (added: typeof steps) => {
      const sums = hardware.empty(gramBytes(layers));
      for (const step of added) await addStep(hardware, sums, step, sharing);
      return readGram(await hardware.readUint32(sums), layers);
    };
    const all = await sumOf(steps);
    expect(await sumOf(steps.toReversed())).toEqual(all);
    const parts: GramSums[] = [];
    for (const step of steps) parts.push(await sumOf([step]));
    for (const name of ["gram", "edge"] as const)
      expect(all[name]).toEqual(
        all[name].map((_, i) => parts.reduce((sum, part) => sum + (part[name][i] ?? NaN), 0)),
      );
  });

  deviceTest("a carry goes into the high word", async ({ hardware }) => {
    const layers = 2;
    const one = Float32Array.of(1);
    const sharing = laneSharing(hardware.adapter);
    // Every sum starts one unit of 2^-40 below 2. The low word comes first.
    const belowTwo = Array.from({ length: gramBytes(layers) / 8 }, () => [0xffff_ffff, 0x1ff]);
    const sums = hardware.upload(Uint32Array.from(belowTwo.flat()));
    const third = Float32Array.of(1, 0, 0).map((v) => v / 3);
    await addStep(
      hardware,
      sums,
      { layers: [one, one], step: { position: 0, tokens: 1 }, groups: 1 },
      sharing,
    );
    await addStep(
      hardware,
      sums,
      { layers: [third, third], step: { position: 2, tokens: 1 }, groups: 1 },
      sharing,
    );
    const { gram } = readGram(await hardware.readUint32(sums), layers);
    const ninth = Math.fround(Math.fround(1 / 3) ** 2);
    expect(gram).toEqual(new Float64Array(4).fill(3 - 2 ** -40 + ninth));
  });
});
