import type { DeviceBuffer } from "../../device/device.ts";
import { describe, expect } from "vitest";
import {
  attentionGramReference,
  type GramSums,
} from "../../../shaders/statistics/attention-gram.ts";
import {
  attentionRowsReference,
  sampleTokens,
} from "../../../shaders/statistics/attention-rows.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { encodeFloats } from "../../shared/number-formats.ts";
import {
  createAttentionSimilarity,
  layerDistances,
  type AttentionSimilarity,
  type AttentionSums,
  type SimilarityOptions,
} from "./attention-similarity.ts";
import { KvCache } from "../cache/kv-cache.ts";

const SHAPE = { layers: 5, kvHeads: 2, headDim: 16, contextTokens: 80 };
const HEADS = 6;
const QUERY_SIZE = (HEADS + 2 * SHAPE.kvHeads) * SHAPE.headDim;

/** One step: queries of every layer, [tokens, heads + 2 × kvHeads, headDim]. */
interface Step {
  position: number;
  tokens: number;
  queries: readonly Float32Array<ArrayBuffer>[];
}

/** A cache full of random rows, and what a forward pass would leave of its steps. */
class Setup {
  readonly hardware: DeviceHarness;
  readonly cache: KvCache;
  readonly qkv: DeviceBuffer;
  readonly step: DeviceBuffer;
  readonly rows: readonly Uint16Array[];

  /** @param copiedLayer its rows are those of layer 0 */
  constructor(hardware: DeviceHarness, copiedLayer?: number) {
    this.hardware = hardware;
    this.cache = new KvCache(hardware.device, SHAPE);
    this.qkv = hardware.empty(SHAPE.contextTokens * QUERY_SIZE * 4);
    this.step = hardware.uniform(0, 0);
    const rowSize = 2 * SHAPE.kvHeads * SHAPE.headDim;
    const random = Array.from({ length: SHAPE.layers }, () =>
      Uint8Array.from(encodeFloats(hardware.randomFloat32(SHAPE.contextTokens * rowSize), "f16")),
    );
    this.rows = random.map((own, layer) => {
      const rows = layer === copiedLayer ? (random[0] ?? own) : own;
      this.cache.writeRows(layer, 0, rows);
      return new Uint16Array(rows.buffer);
    });
  }

  estimator(options: SimilarityOptions): Promise<AttentionSimilarity> {
    const { cache, qkv, step } = this;
    return createAttentionSimilarity(this.hardware, { cache, qkv, step, heads: HEADS }, options);
  }

  randomStep(position: number, tokens: number, copiedLayer?: number): Step {
    const random = Array.from({ length: SHAPE.layers }, () =>
      this.hardware.randomFloat32(tokens * QUERY_SIZE).map((v) => 4 * v),
    );
    const queries = random.map((own, layer) => (layer === copiedLayer ? (random[0] ?? own) : own));
    return { position, tokens, queries };
  }

  /** What a sampled step does, but for the forward pass. */
  run(similarity: AttentionSimilarity, { position, tokens, queries }: Step): void {
    const { device } = this.hardware;
    device.queue.writeBuffer(this.step, 0, Uint32Array.of(position, tokens));
    similarity.begin(tokens, position);
    [...similarity.layers, similarity.end].forEach((stages, layer) => {
      const own = queries[layer];
      if (own) device.queue.writeBuffer(this.qkv, 0, own);
      submit(device, (encoder) => {
        dispatchAll(encoder, stages, tokens, position);
      });
    });
  }

  /** Full attention of every layer in f64, then the sums over the sampled rows. */
  reference(
    steps: readonly Step[],
    { rows, groups }: { rows: number; groups: number },
  ): AttentionSums {
    const { kvHeads, headDim, layers } = SHAPE;
    const shape = { heads: HEADS, kvHeads, headDim, groups };
    const sums = steps.map(({ position, tokens, queries }) => {
      const end = position + tokens;
      const sample = sampleTokens(tokens, rows);
      const weights = this.rows.map((layer, i) => {
        const cache = layer.subarray(0, end * 2 * kvHeads * headDim);
        return attentionRowsReference(
          { qkv: queries[i] ?? new Float32Array(), cache },
          shape,
          sample,
        );
      });
      const seen = Array.from(
        { length: sample.rows },
        (_, row) => position + sample.first + row * sample.stride + 1,
      );
      return { ...attentionGramReference(weights, seen), rows: sample.rows };
    });
    const total = (of: (sum: (typeof sums)[number]) => number) =>
      sums.reduce((all, sum) => all + of(sum), 0);
    const count = total((sum) => sum.rows);
    const added = (name: keyof GramSums, size: number, scale: number) =>
      Float64Array.from({ length: size }, (_, i) => total((sum) => sum[name][i] ?? NaN) * scale);
    return {
      gram: added("gram", layers * layers, 1),
      edgeMass: added("edge", layers, 1 / count / groups),
      rows: count,
    };
  }
}

/**
 * A row adds 1 at most to a sum, and its weights, off as far as the test of attention rows says, enter
 * twice; taken as independent, the rows' errors grow like their root.
 */
const tolerance = (rows: number, groups: number) => ({
  atol: 4 * (3 + 8 * Math.sqrt(SHAPE.headDim)) * 2 ** -23 * Math.sqrt(rows * groups),
  rtol: 0,
});

function expectSums(actual: AttentionSums, expected: AttentionSums, groups: number): void {
  expect(actual.rows).toBe(expected.rows);
  const f32 = (values: Float64Array) => Float32Array.from(values);
  expectClose(f32(actual.gram), f32(expected.gram), tolerance(expected.rows, groups));
  expectClose(f32(actual.edgeMass), f32(expected.edgeMass), tolerance(1, 1));
}

describe("attention similarity", () => {
  for (const { grouping, groups } of [
    { grouping: "kv-head", groups: SHAPE.kvHeads },
    { grouping: "all", groups: 1 },
  ] as const)
    for (const { why, rows } of [
      { why: "every row", rows: 40 },
      { why: "some rows", rows: 7 },
    ])
      deviceTest(
        `${why}, heads by ${grouping}: the sums over full attention's rows`,
        async ({ hardware }) => {
          const setup = new Setup(hardware);
          const similarity = await setup.estimator({ rows, grouping });
          const steps = [
            setup.randomStep(0, 33),
            setup.randomStep(33, 40),
            ...[73, 74, 79].map((position) => setup.randomStep(position, 1)),
          ];
          for (const step of steps) setup.run(similarity, step);
          expectSums(await similarity.read(), setup.reference(steps, { rows, groups }), groups);
        },
      );

  deviceTest(
    "distances: symmetric, 0 on the diagonal and between equal layers",
    async ({ hardware }) => {
      const copiedLayer = 4; // in another tile than layer 0
      const setup = new Setup(hardware, copiedLayer);
      const similarity = await setup.estimator({ rows: 16 });
      setup.run(similarity, setup.randomStep(0, 50, copiedLayer));
      setup.run(similarity, setup.randomStep(50, 1, copiedLayer));
      const { gram } = await similarity.read();
      const { layers } = SHAPE;
      const distances = layerDistances(gram);
      for (let i = 0; i < layers; i++)
        for (let j = 0; j < layers; j++) {
          const equal = i % copiedLayer === j % copiedLayer;
          const distance = distances[i * layers + j] ?? NaN;
          expect(distance).toBe(distances[j * layers + i]);
          if (equal) expect(distance).toBe(0);
          else expect(distance).toBeGreaterThan(0.1);
        }
    },
  );

  deviceTest("steps that reach behind what there is room for add nothing", async ({ hardware }) => {
    const setup = new Setup(hardware);
    // Room for 4 rows and the first slice of 32 positions, with one vector for all heads.
    const bytes = 4 * 32 * (4 * (HEADS + SHAPE.layers) + HEADS / 4);
    const similarity = await setup.estimator({ rows: 4, bytes });
    const inside = setup.randomStep(5, 27);
    for (const step of [inside, setup.randomStep(30, 3), setup.randomStep(60, 1)])
      setup.run(similarity, step);
    const sampled = { rows: 4, groups: 1 };
    expectSums(await similarity.read(), setup.reference([inside], sampled), 1);
  });

  deviceTest("after a reset it is as new", async ({ hardware }) => {
    const setup = new Setup(hardware);
    const similarity = await setup.estimator({});
    expect(await similarity.read()).toEqual({
      gram: new Float64Array(SHAPE.layers ** 2),
      edgeMass: new Float64Array(SHAPE.layers),
      rows: 0,
    });
    const step = setup.randomStep(2, 30);
    setup.run(similarity, step);
    const once = await similarity.read();
    setup.run(similarity, setup.randomStep(32, 20));
    similarity.reset();
    setup.run(similarity, step);
    expect(await similarity.read()).toEqual(once);
    similarity.destroy();
  });
});
