import { describe, expect, test } from "vitest";
import { expectClose } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { encodeFloats } from "../../src/shared/number-formats.ts";
import {
  attentionMeanGrid,
  attentionMeanSource,
  attentionRowsBytes,
  attentionRowsGrid,
  attentionRowsReference,
  attentionRowsSource,
  sampleParams,
  sampleTokens,
  type AttentionRowsPlan,
} from "./attention-rows.ts";
import { planAttention } from "../forward/attention.ts";

const ROWS = 5;
const CONTEXT = 130;
const UNTOUCHED = -7;

const SHAPES = [
  { heads: 6, kvHeads: 2, headDim: 32, groups: 2 }, // Pip
  { heads: 6, kvHeads: 2, headDim: 32, groups: 1 }, // one mean over all heads
  { heads: 4, kvHeads: 4, headDim: 8, groups: 4 }, // no sharing
  { heads: 8, kvHeads: 1, headDim: 64, groups: 1 }, // more heads on a key than fit into registers
];

const STEPS = [
  { tokens: 1, end: 1 },
  { tokens: 1, end: 100 }, // a decode step
  { tokens: 4, end: 36 }, // every token
  { tokens: 33, end: 130 }, // some of them, up to the end of the context
];

/** Heads of other sizes, and other numbers of heads that share keys. One step of each has to do. */
const OTHER_HEADS = [
  { heads: 14, kvHeads: 2, headDim: 64, groups: 2 },
  { heads: 5, kvHeads: 1, headDim: 80, groups: 1 },
  { heads: 2, kvHeads: 1, headDim: 96, groups: 1 },
  { heads: 4, kvHeads: 2, headDim: 128, groups: 1 },
  { heads: 2, kvHeads: 2, headDim: 16, groups: 2, scoreWidth: 64 },
];

const CASES = [
  ...SHAPES.flatMap((shape) => STEPS.map((step) => ({ shape, ...step }))),
  ...OTHER_HEADS.map((shape) => ({ shape, tokens: 7, end: 75 })),
];

describe("sampleTokens", () => {
  test.each([
    { why: "one token", tokens: 1, rows: 16, sampled: [0] },
    { why: "no more than there is room for: all", tokens: 4, rows: 4, sampled: [0, 1, 2, 3] },
    { why: "one more: every other", tokens: 5, rows: 4, sampled: [0, 2, 4] },
    { why: "a multiple", tokens: 8, rows: 2, sampled: [3, 7] },
    { why: "not a multiple", tokens: 11, rows: 3, sampled: [2, 6, 10] },
    { why: "one row: the last", tokens: 9, rows: 1, sampled: [8] },
  ])("$why", ({ tokens, rows, sampled }) => {
    const { first, stride, rows: count } = sampleTokens(tokens, rows);
    expect(Array.from({ length: count }, (_, row) => first + row * stride)).toEqual(sampled);
  });
});

/** Run both kernels for layer 1 of 2, over buffers full of what an earlier step might have left. */
async function sampledWeights(
  hardware: DeviceHarness,
  plan: AttentionRowsPlan,
  step: {
    qkv: Float32Array<ArrayBuffer>;
    cache: Uint16Array<ArrayBuffer>;
    tokens: number;
    end: number;
  },
): Promise<Float32Array> {
  const { tokens, end } = step;
  const sample = sampleTokens(tokens, ROWS);
  const bytes = attentionRowsBytes(plan);
  const filled = (size: number, value: number) =>
    hardware.upload(new Float32Array(size / 4).fill(value));
  const buffers = {
    scores: filled(bytes.scores, 3e38),
    stats: filled(bytes.stats, 3e38),
    step: hardware.uniform(end - tokens, tokens),
    sample: hardware.uniformOf(sampleParams(sample)),
  };
  const { qkv, cache } = step;
  await hardware.run(
    attentionRowsSource(plan),
    { ...buffers, qkv: hardware.upload(qkv), cache: hardware.upload(cache) },
    attentionRowsGrid(plan, { rows: sample.rows, end }),
  );
  const weights = filled(2 * bytes.weights, UNTOUCHED);
  await hardware.run(
    attentionMeanSource(plan),
    { ...buffers, weights, place: hardware.uniform(1) },
    attentionMeanGrid(plan, { rows: sample.rows, end }),
  );
  return hardware.readFloat32(weights);
}

describe("attention rows", () => {
  for (const { shape, tokens, end } of CASES)
    deviceTest(`${tokens} of ${end} positions, ${JSON.stringify(shape)}`, async ({ hardware }) => {
      const { heads, kvHeads, headDim, groups } = shape;
      const plan = {
        ...planAttention(shape, hardware.adapter),
        ...{ groups, rows: ROWS, contextTokens: CONTEXT },
      };
      const tokenSize = (heads + 2 * kvHeads) * headDim;
      const qkv = hardware.randomFloat32(tokens * tokenSize).map((v) => 4 * v);
      const keys = hardware.randomFloat32(end * 2 * kvHeads * headDim);
      const cache = new Uint16Array(Uint8Array.from(encodeFloats(keys, "f16")).buffer);
      const weights = await sampledWeights(hardware, plan, { qkv, cache, tokens, end });

      const layerSize = weights.length / 2;
      const rowSize = layerSize / ROWS / groups;
      const sample = sampleTokens(tokens, ROWS);
      expect(weights.slice(0, layerSize).every((weight) => weight === UNTOUCHED)).toBe(true);
      const rows = Array.from({ length: sample.rows * groups }, (_, row) => [
        ...weights.subarray(layerSize + row * rowSize, layerSize + row * rowSize + end),
      ]);
      expectClose(
        Float32Array.from(rows.flat()),
        Float32Array.from(attentionRowsReference({ qkv, cache }, shape, sample)),
        // Weights are below 1 and divided by their sum. WGSL allows exp(x) 3 + 2|x| ULP, and scores
        // are below 4 √headDim.
        { atol: 2 * (3 + 8 * Math.sqrt(headDim)) * 2 ** -23, rtol: 0 },
      );
      // Weights of positions that a query does not see are exactly 0.
      rows.forEach((row, i) => {
        const token = sample.first + Math.floor(i / groups) * sample.stride;
        expect(row.slice(end - tokens + token + 1).every((weight) => weight === 0)).toBe(true);
      });
    });
});
