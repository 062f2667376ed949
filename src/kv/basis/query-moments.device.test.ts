import { describe, expect } from "vitest";
import { sampleTokens } from "../../../shaders/statistics/attention-rows.ts";
import { queryMomentsReference } from "../../../shaders/statistics/query-moments.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { expectClose, forSum } from "../../device/expect-close.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { allSamplers, type AttentionSampler } from "../cache/attention-sampler.ts";
import { createAttentionSimilarity } from "../sharing/attention-similarity.ts";
import { KvCache } from "../cache/kv-cache.ts";
import { createQueryMoments } from "./query-moments.ts";

const SHAPE = { layers: 3, kvHeads: 2, headDim: 16, contextTokens: 64 };
const HEADS = { heads: 4, kvHeads: 2, headDim: 16 };
const QUERY_SIZE = (HEADS.heads + 2 * HEADS.kvHeads) * HEADS.headDim;
const ROWS = 5;
const FREQUENCIES = Array.from({ length: HEADS.headDim / 2 }, (_, i) => 0.6 ** i);

/** One step: queries of every layer. */
interface Step {
  position: number;
  tokens: number;
  queries: readonly Float32Array<ArrayBuffer>[];
}

function setUp(hardware: DeviceHarness) {
  const cache = new KvCache(hardware.device, SHAPE);
  const qkv = hardware.empty(SHAPE.contextTokens * QUERY_SIZE * 4);
  const step = hardware.uniform(0, 0);
  const inputs = { cache, qkv, step, heads: HEADS.heads };
  const randomStep = (position: number, tokens: number): Step => {
    const queries = cache.layers.map(() => hardware.randomFloat32(tokens * QUERY_SIZE));
    return { position, tokens, queries };
  };
  /** What a sampled step does, but for the forward pass. */
  const run = (sampler: AttentionSampler, { position, tokens, queries }: Step) => {
    const { device } = hardware;
    device.queue.writeBuffer(step, 0, Uint32Array.of(position, tokens));
    sampler.begin(tokens, 0);
    [...sampler.layers, sampler.end].forEach((stages, layer) => {
      const own = queries[layer];
      if (own) device.queue.writeBuffer(qkv, 0, own);
      submit(device, (encoder) => {
        dispatchAll(encoder, stages, tokens, position);
      });
    });
  };
  return { inputs, randomStep, run };
}

function expectedSums(steps: readonly Step[]): Float32Array {
  const rotation = rotationTable(FREQUENCIES, SHAPE.contextTokens);
  const size = HEADS.kvHeads * HEADS.headDim ** 2;
  const sums = new Float32Array(SHAPE.layers * size);
  for (const { position, tokens, queries } of steps)
    queries.forEach((qkv, layer) => {
      const sample = sampleTokens(tokens, ROWS);
      const added = queryMomentsReference({ rotation, qkv }, HEADS, position, sample);
      added.forEach((value, i) => {
        sums[layer * size + i] = (sums[layer * size + i] ?? NaN) + value;
      });
    });
  return sums;
}

describe("query moments", () => {
  deviceTest(
    "add up over steps, beside another sampler; begin again; go on",
    async ({ hardware }) => {
      const { inputs, randomStep, run } = setUp(hardware);
      const moments = await createQueryMoments(hardware.device, inputs, {
        frequencies: FREQUENCIES,
        rows: ROWS,
      });
      const similarity = await createAttentionSimilarity(hardware, inputs, { rows: 3 });
      const both = allSamplers([similarity, moments]);
      const steps = [randomStep(0, 12), randomStep(12, 1), randomStep(13, 40)];
      for (const step of steps) run(both, step);
      const read = await moments.read();
      // 4 of 12 tokens, 1 of 1, 5 of 40; two query heads share a KV head.
      expect([read.tokens, read.queries]).toEqual([10, 20]);
      expect((await similarity.read()).rows).toBe(3 + 1 + 3);
      const close = (sums: Float64Array, expected: Float32Array) =>
        expectClose(Float32Array.from(sums), expected, forSum(22, 40));
      close(read.sums, expectedSums(steps));

      moments.reset();
      expect((await moments.read()).sums.every((value) => value === 0)).toBe(true);
      moments.restore(read);
      const more = randomStep(20, 4);
      run(moments, more);
      const later = await moments.read();
      expect(later.tokens).toBe(14);
      close(later.sums, expectedSums([...steps, more]));
      moments.destroy();
      similarity.destroy();
    },
  );
});
