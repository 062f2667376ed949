import { describe, expect } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { encodeFloats } from "../../src/shared/number-formats.ts";
import {
  attentionReference,
  combineGrid,
  combineSource,
  decodeAttentionGrid,
  decodeAttentionSource,
  planAttention,
  prefillAttentionGrid,
  prefillAttentionSource,
  rowHeads,
  sliceCount,
  stepParams,
  type AttentionPlan,
  type AttentionShape,
  type StepUse,
} from "./attention.ts";

const SHAPES = [
  { heads: 6, kvHeads: 2, headDim: 32 }, // Pip
  { heads: 4, kvHeads: 4, headDim: 8 }, // no sharing
  { heads: 8, kvHeads: 1, headDim: 64 }, // more heads on a key than fit into registers
  { heads: 2, kvHeads: 1, headDim: 128 },
];

/** Heads whose size is no power of two, and scores that are not divided by the root of it. */
const ODD_SHAPES = [
  { heads: 2, kvHeads: 2, headDim: 80 },
  { heads: 3, kvHeads: 1, headDim: 96, scoreWidth: 150 },
];

/**
 * Weights add up to 1 and values are below 1, so the error is that of a weight and of the sum that it is
 * divided by. WGSL allows exp(x) an error of 3 + 2|x| ULP, and scores are below 4 √headDim.
 */
const toleranceOf = ({ headDim }: AttentionShape) => ({
  atol: 2 * (3 + 8 * Math.sqrt(headDim)) * 2 ** -23,
  rtol: 0,
});

/** The plan of the device itself, and the plan for the other kind of adapter. */
function plansOf(hardware: DeviceHarness, shape: AttentionShape): AttentionPlan[] {
  return [hardware.adapter.software, !hardware.adapter.software].map((software) =>
    planAttention(shape, { ...hardware.adapter, software }),
  );
}

function operands(
  hardware: DeviceHarness,
  shape: AttentionShape,
  options: { tokens: number; context: number; use: StepUse; queriesOnly?: boolean },
) {
  const { kvHeads, headDim } = shape;
  const { queriesOnly = false } = options;
  const size = options.tokens * rowHeads(shape, queriesOnly) * headDim;
  const qkv = hardware.randomFloat32(size).map((v) => 4 * v);
  const rows = hardware.randomFloat32(options.context * 2 * kvHeads * headDim);
  const cache = new Uint16Array(Uint8Array.from(encodeFloats(rows, "f16")).buffer);
  const position = options.context - options.tokens;
  return {
    expected: attentionReference(qkv, cache, shape, { queriesOnly }),
    buffers: {
      qkv: hardware.upload(qkv),
      cache: hardware.upload(cache),
      step: hardware.uniform(...stepParams(position, options.tokens, options.use)),
    },
  };
}

describe("attention of a prompt", () => {
  for (const shape of [...SHAPES, ...ODD_SHAPES])
    for (const { tokens, context } of [
      { tokens: 1, context: 1 },
      { tokens: 3, context: 3 },
      { tokens: 33, context: 70 }, // one more than a workgroup, after 37 positions of history
    ])
      deviceTest(
        `${tokens} of ${context} positions, ${JSON.stringify(shape)}`,
        async ({ hardware }) => {
          const { buffers, expected } = operands(hardware, shape, {
            tokens,
            context,
            use: "prefill",
          });
          for (const plan of plansOf(hardware, shape)) {
            const y = hardware.empty(expected.byteLength);
            await hardware.run(
              prefillAttentionSource(plan),
              { ...buffers, y, stats: hardware.empty(8) },
              prefillAttentionGrid(plan, tokens),
            );
            expectClose(await hardware.readFloat32(y), expected, toleranceOf(shape));
          }
        },
      );
});

describe("a row of a prompt", () => {
  const [tokens, history] = [70, 61];
  /** f16 bits of what no step may read. */
  const NAN = 0x7e00;

  for (const shape of [
    { heads: 6, kvHeads: 2, headDim: 32 },
    { heads: 5, kvHeads: 1, headDim: 80 },
    { heads: 4, kvHeads: 4, headDim: 64 },
  ])
    deviceTest(
      `is the same, bit for bit, in any step: ${JSON.stringify(shape)}`,
      async ({ hardware }) => {
        const context = history + tokens;
        const position = 2 * shape.kvHeads * shape.headDim;
        const row = rowHeads(shape, false) * shape.headDim;
        const qkv = hardware.randomFloat32(tokens * row).map((v) => 4 * v);
        const values = hardware.randomFloat32(context * position);
        const cache = new Uint16Array(Uint8Array.from(encodeFloats(values, "f16")).buffer);
        for (const plan of plansOf(hardware, shape)) {
          const step = async (start: number, end: number) => {
            const y = hardware.empty((end - start) * shape.heads * shape.headDim * 4);
            const known = cache.slice().fill(NAN, (history + end) * position);
            const buffers = {
              qkv: hardware.upload(qkv.slice(start * row, end * row)),
              cache: hardware.upload(known),
              step: hardware.uniform(...stepParams(history + start, end - start, "prefill")),
            };
            await hardware.run(
              prefillAttentionSource(plan),
              { ...buffers, y, stats: hardware.empty(8) },
              prefillAttentionGrid(plan, end - start),
            );
            return [...(await hardware.readUint32(y))];
          };
          const cuts = [0, 1, 2, 3, 4, 9, 41, 69, tokens];
          const pieces: number[] = [];
          for (const [i, end] of cuts.slice(1).entries())
            pieces.push(...(await step(cuts[i] ?? 0, end)));
          expect(pieces).toEqual(await step(0, tokens));
        }
      },
    );
});

describe("attention of queries to the cache of another layer", () => {
  const shape = { heads: 6, kvHeads: 2, headDim: 32 };
  const [tokens, context] = [5, 40];

  deviceTest("rows of queries only", async ({ hardware }) => {
    const options = { tokens, context, use: "prefill", queriesOnly: true } as const;
    const { buffers, expected } = operands(hardware, shape, options);
    for (const plan of plansOf(hardware, shape)) {
      const y = hardware.empty(expected.byteLength);
      await hardware.run(
        prefillAttentionSource({ ...plan, queriesOnly: true }),
        { ...buffers, y, stats: hardware.empty(8) },
        prefillAttentionGrid(plan, tokens),
      );
      expectClose(await hardware.readFloat32(y), expected, toleranceOf(shape));
    }
  });
});

describe("attention of a decode step", () => {
  for (const shape of [...SHAPES, ...ODD_SHAPES])
    for (const context of [1, 32, 33, 100])
      // one slice, full; one position more; several
      deviceTest(`${context} positions, ${JSON.stringify(shape)}`, async ({ hardware }) => {
        const { buffers, expected } = operands(hardware, shape, {
          tokens: 1,
          context,
          use: "decode",
        });
        for (const plan of plansOf(hardware, shape)) {
          const partial = hardware.empty(sliceCount(context) * expected.byteLength);
          const stats = hardware.empty(sliceCount(context) * shape.heads * 8);
          await hardware.run(
            decodeAttentionSource(plan),
            { ...buffers, y: partial, stats },
            decodeAttentionGrid(plan, context),
          );
          const y = hardware.empty(expected.byteLength);
          await hardware.run(
            combineSource(plan),
            { partial, stats, y, step: buffers.step },
            combineGrid(plan),
          );
          expectClose(await hardware.readFloat32(y), expected, toleranceOf(shape));
        }
      });
});
