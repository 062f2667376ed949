import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { KvCache } from "../../kv/cache/kv-cache.ts";
import { measureDistances } from "../../kv/quality/measure-distances.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { valueShapes, type StoredForm } from "../../kv/value/stored-form.ts";
import { ValueCoder } from "../../kv/value/value-coder.ts";
import { prefill } from "../../model/forward/prefill.ts";
import { replay } from "../../model/forward/replay.ts";
import { Transformer } from "../../model/forward/transformer.ts";
import type { ModelSpec } from "../../model/generate/generate-config.ts";
import { generateModel } from "../../model/generate/generate-model.ts";
import { kvShapeOf } from "../../model/kv-layers.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { fetchGenerated, loadTestModel } from "../../model/testing.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";
import { encodeChunks } from "./coded-chunks.ts";
import { KvReplay, type ReplayingModel } from "./kv-replay.ts";

const { signal } = new AbortController();
/** Two chunks, a recent window, and some more. */
const TOKENS = 2 * CHUNK_TOKENS + 70;
const ROWS = { start: 0, end: TOKENS };

/** A model of random weights behind a conversation, whose values have two layers each. */
async function setUp(hardware: DeviceHarness, spec: Partial<ModelSpec> = {}) {
  const { files } = await generateModel({ layers: 5, ...spec });
  const parts = await loadTestModel(hardware, "/generated/", { fetchFile: fetchGenerated(files) });
  const { config } = parts;
  const shape = kvShapeOf(config);
  const layerBytes = CHUNK_TOKENS * 2 * shape.kvHeads * shape.headDim * 2;
  const cache = new KvCache(hardware.device, { ...shape, valueBytes: 2 * layerBytes });
  const transformer = new Transformer(hardware, config, { ...parts, cache });
  const resident = new ResidentSequence();
  const tokens = Uint32Array.from({ length: TOKENS }, (_, i) => (i * 37 + 5) % config.activeVocab);
  await prefill(hardware.device, transformer, tokens, { start: 0, output: "none", signal });
  resident.append([...tokens]);
  const valueCoder = new ValueCoder(hardware.device, cache, ropeFrequencies(config));
  const model: ReplayingModel = { hardware, cache, resident, config, valueCoder, transformer };
  return { model, runs: codableChunks(resident) };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

const read = ({ model: { cache } }: SetUp) =>
  Promise.all(cache.layers.map((_, layer) => cache.readRows(layer, ROWS)));

async function coded({ model, runs }: SetUp, form: StoredForm) {
  const chunks = await encodeChunks(model, runs, form, signal);
  if (!chunks) throw new Error("the signal was not aborted");
  return chunks.values;
}

/** The same in one go: all layers hold other rows at once. */
async function measuredAtOnce(setup: SetUp, form: StoredForm) {
  const { model, runs } = setup;
  const values = await coded(setup, form);
  const start = 2 * CHUNK_TOKENS;
  const run = async () => {
    const tokens = Uint32Array.from(model.resident.tokens.slice(start));
    return (await replay(model.transformer, tokens, { start, signal })) ?? [];
  };
  const before = await read(setup);
  const right = await run();
  for (const [i, chunk] of runs.entries())
    for (const [group, shape] of valueShapes(model.cache.shape, chunk.tokens).entries()) {
      const value = decodeChunkValue(shape, values[i]?.[group] ?? new Uint8Array());
      expect(value && (await model.valueCoder.decode(value, { ...chunk, skip: 0 }))).toBe(true);
    }
  const distances = measureDistances(right, await run());
  for (const [layer, rows] of before.entries()) model.cache.writeRows(layer, 0, rows);
  return distances;
}

const INT4: StoredForm = { codecOf: () => "int4-hadamard-k-channel-v-token", pairs: [] };
/** Layers of one value and of two values share. */
const PAIRED: StoredForm = {
  ...INT4,
  pairs: [
    { keep: 0, share: 4 },
    { keep: 2, share: 3 },
  ],
};
const SHARED_KV: Partial<ModelSpec> = {
  architecture: "llama",
  kvSharing: { layer_types: "0_1_0_3_1" },
};

describe("judging rows layer by layer is as exchanging them all at once", () => {
  for (const { why, form, spec, layersAtOnce } of [
    { why: "each layer by itself", form: INT4, layersAtOnce: 1 },
    { why: "all layers of a value", form: INT4, layersAtOnce: 9 },
    { why: "layers that share, one by one", form: PAIRED, layersAtOnce: 1 },
    { why: "layers that share, by value", form: PAIRED, layersAtOnce: 2 },
    { why: "layers that attend to others' rows", form: INT4, layersAtOnce: 1, spec: SHARED_KV },
    { why: "steps of few tokens", form: INT4, layersAtOnce: 2, spec: { prefillChunkTokens: 20 } },
  ] as const)
    deviceTest(why, async ({ hardware }) => {
      const setup = await setUp(hardware, spec);
      const { model, runs } = setup;
      const expected = await measuredAtOnce(setup, form);
      expect(expected.meanKl).toBeGreaterThan(1e-7);
      const before = await read(setup);
      const { rowBytes, layers } = model.cache;
      const recent = (TOKENS - 2 * CHUNK_TOKENS) * layers.length * rowBytes;
      const backupBytes = recent + layersAtOnce * 2 * CHUNK_TOKENS * rowBytes;
      const judging = new KvReplay(model, runs, signal, { backupBytes });
      expect(await judging.measure(await coded(setup, form))).toEqual(expected);
      expect(judging.tokensRun).toBe(2 * 70);
      expect(await read(setup)).toEqual(before);
      judging.end();
    });
});

deviceTest("rows of one layer are judged by themselves", async ({ hardware }) => {
  const setup = await setUp(hardware);
  const { model, runs } = setup;
  const before = await read(setup);
  const judging = new KvReplay(model, runs, signal, { tokens: 32 });
  const written: (readonly number[])[] = [];
  const judge = (noise: number) =>
    judging.judge({
      layers: { start: 3, end: 4 },
      write(cached) {
        written.push(cached);
        const rows = before[3]?.slice(0, CHUNK_TOKENS * model.cache.rowBytes) ?? new Uint8Array();
        // The upper byte of an f16 has its sign and exponent.
        model.cache.writeRows(
          3,
          0,
          rows.map((byte, i) => (i % 2 === 1 ? byte ^ noise : byte)),
        );
      },
    });
  expect(await judge(0)).toEqual({ meanKl: 0, p95Kl: 0, flips: 0, top1: 1 });
  expect((await judge(128))?.meanKl).toBeGreaterThan(1e-7);
  expect(written).toEqual([[3], [3]]);
  expect(judging.tokensRun).toBe(3 * 32);
  expect(await read(setup)).toEqual(before);
  judging.end();
});

deviceTest("a turn that begins finds the rows as they were", async ({ hardware }) => {
  const setup = await setUp(hardware);
  const { model, runs } = setup;
  const before = await read(setup);
  const abort = new AbortController();
  const judging = new KvReplay(model, runs, abort.signal);
  const writes: (readonly number[])[] = [];
  const judged = judging.judge({
    write(cached) {
      writes.push(cached);
      for (const layer of cached)
        model.cache.writeRows(layer, 0, new Uint8Array(model.cache.rowBytes));
      if (writes.length === 2) abort.abort();
    },
  });
  expect(await judged).toBeUndefined();
  expect(writes).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(await read(setup)).toEqual(before);
  judging.end();
});
