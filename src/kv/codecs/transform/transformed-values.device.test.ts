import { expect } from "vitest";
import { floatsOf, rowsOf } from "../../../../shaders/rows/row-testing.ts";
import { deviceTest, type DeviceHarness } from "../../../device/testing.ts";
import { decodeChunkValue } from "../../value/chunk-value.ts";
import { KvCache } from "../../cache/kv-cache.ts";
import { encodeBasis } from "./basis-file.ts";
import { randomBasis } from "./transform-testing.ts";
import { nameBasis } from "../transform-basis.ts";
import { ValueCoder } from "../../value/value-coder.ts";
import { valueShapes, type StoredForm } from "../../value/stored-form.ts";

/** Two layers to a value: the third is in one of its own, and in a group of its own. */
const SHAPE = { layers: 3, kvHeads: 2, headDim: 32, contextTokens: 140, valueBytes: 2 * 128 * 256 };
const WIDTH = 2 * SHAPE.kvHeads * SHAPE.headDim;
const FREQUENCIES = Array.from({ length: 16 }, (_, d) => 10_000 ** (-d / 16));
const RUN = { start: 3, tokens: 128, sinkTokens: 4 };
const FINE: StoredForm = { codecOf: () => "transform-10-rans", pairs: [] };

const named = async (seed: number) => {
  // All directions: nothing is left out.
  const groups = [
    { layers: 2, components: [128, 128] as const },
    { layers: 1, components: [64, 64] as const },
  ];
  const basis = randomBasis({ ...SHAPE, groups, seed });
  return nameBasis(basis, encodeBasis(basis));
};

async function setUp(hardware: DeviceHarness, seed = 1) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers = cache.layers.map((_, layer) => {
    const rows = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * WIDTH));
    cache.writeRows(layer, 0, new Uint8Array(rows.buffer));
    return rows;
  });
  const coder = new ValueCoder(hardware.device, cache, FREQUENCIES);
  coder.useBasis(await named(seed));
  return { cache, layers, coder };
}

const decodeAll = async (
  coder: ValueCoder,
  values: readonly Uint8Array<ArrayBuffer>[],
  run = RUN,
) => {
  const results: boolean[] = [];
  for (const [group, shape] of valueShapes(SHAPE, run.tokens).entries()) {
    const value = decodeChunkValue(shape, values[group] ?? new Uint8Array());
    results.push(value !== undefined && (await coder.decode(value, { ...run, skip: 0 })));
  }
  return results;
};

const readLayer = async (cache: KvCache, layer: number) =>
  new Uint16Array((await cache.readRows(layer, { start: 0, end: SHAPE.contextTokens })).buffer);

const part = (rows: Uint16Array = new Uint16Array(), start: number, end: number) =>
  rows.subarray(start * WIDTH, end * WIDTH);

deviceTest("layers are transformed in their groups, sinks stay exact", async ({ hardware }) => {
  const { layers, coder } = await setUp(hardware);
  const values = await coder.encode(RUN, FINE);
  expect(values).toHaveLength(2);
  const other = await setUp(hardware);
  expect(await decodeAll(other.coder, values)).toEqual([true, true]);
  const [start, end] = [RUN.start, RUN.start + RUN.tokens];
  const sinks = start + RUN.sinkTokens;
  for (const [layer, rows] of layers.entries()) {
    const after = await readLayer(other.cache, layer);
    expect(part(after, start, sinks)).toEqual(part(rows, start, sinks));
    const [actual, expected] = [
      floatsOf(part(after, sinks, end)),
      floatsOf(part(rows, sinks, end)),
    ];
    // Each component is off by less than 0.01, of which 0.003 is usual; weightings are about 1.
    const squares = actual.map((value, i) => (value - (expected[i] ?? NaN)) ** 2);
    const error = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.01);
    expect(part(after, 0, start)).toEqual(part(other.layers[layer], 0, start));
    expect(part(after, end, 140)).toEqual(part(other.layers[layer], end, 140));
  }
});

deviceTest("what another basis coded is refused, and changes nothing", async ({ hardware }) => {
  const { coder } = await setUp(hardware);
  const values = await coder.encode(RUN, FINE);
  const other = await setUp(hardware, 2);
  expect(await decodeAll(other.coder, values)).toEqual([false, false]);
  for (const [layer, rows] of other.layers.entries())
    expect(await readLayer(other.cache, layer)).toEqual(rows);
  other.coder.useBasis(undefined);
  expect(other.coder.hasBasis).toBe(false);
  expect(await decodeAll(other.coder, values)).toEqual([false, false]);
});

deviceTest(
  "what an earlier basis coded is decoded if that basis is found",
  async ({ hardware }) => {
    const { coder, layers } = await setUp(hardware);
    const values = await coder.encode(RUN, FINE);
    const other = await setUp(hardware, 2);
    const earlier = await named(1);
    const asked: string[] = [];
    other.coder.findBases((id) => {
      asked.push(id.join());
      return Promise.resolve(id.join() === earlier.id.join() ? earlier : undefined);
    });
    expect(await decodeAll(other.coder, values)).toEqual([true, true]);
    const [start, end] = [RUN.start + RUN.sinkTokens, RUN.start + RUN.tokens];
    for (const [layer, rows] of layers.entries()) {
      const after = floatsOf(part(await readLayer(other.cache, layer), start, end));
      const expected = floatsOf(part(rows, start, end));
      const squares = after.map((value, i) => (value - (expected[i] ?? NaN)) ** 2);
      const error = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
      expect(error).toBeLessThan(0.01);
    }
    expect(new Set(asked).size).toBe(1);
    // What is coded from now on names the present basis, and needs no other.
    const own = await other.coder.encode(RUN, FINE);
    asked.length = 0;
    expect(await decodeAll(other.coder, own)).toEqual([true, true]);
    expect(asked).toEqual([]);
  },
);

deviceTest("a block that is cut short is refused", async ({ hardware }) => {
  const { cache, layers, coder } = await setUp(hardware);
  const values = await coder.encode(RUN, FINE);
  const [shape] = valueShapes(SHAPE, RUN.tokens);
  const value = shape && values[0] && decodeChunkValue(shape, values[0]);
  if (!value) throw new Error("a value that was just coded is none");
  const cut = value.layers.map((one) => ({ ...one, coded: one.coded.slice(0, -4) }));
  expect(await coder.decode({ ...value, layers: cut }, { ...RUN, skip: 0 })).toBe(false);
  expect(await readLayer(cache, 0)).toEqual(layers[0]);
});

deviceTest("a chunk may end anywhere", async ({ hardware }) => {
  const run = { start: SHAPE.contextTokens - 45, tokens: 45, sinkTokens: 0 };
  const { layers, coder } = await setUp(hardware);
  const values = await coder.encode(run, FINE);
  // What another chunk has left behind this one's end is not stored.
  await coder.encode({ ...RUN, start: 0 }, FINE);
  expect(await coder.encode(run, FINE)).toEqual(values);
  const other = await setUp(hardware);
  expect(await decodeAll(other.coder, values, run)).toEqual([true, true]);
  for (const [layer, rows] of layers.entries()) {
    const after = await readLayer(other.cache, layer);
    expect(part(after, 0, run.start)).toEqual(part(other.layers[layer], 0, run.start));
    const [actual, expected] = [after, rows].map((all) => floatsOf(part(all, run.start, 140)));
    const furthest = Math.max(
      ...(actual ?? []).map((x, i) => Math.abs(x - (expected?.[i] ?? NaN))),
    );
    // Of all components together, of 0.01 each; weightings are about 1.
    expect(furthest).toBeLessThan(0.1);
  }
});

deviceTest("what decoding takes is made once, and told", async ({ hardware }) => {
  const { coder } = await setUp(hardware);
  // Of 128 channels as many components, and of 64: K and V, in f16.
  const bytes = 2 * 2 * (128 * 128 + 64 * 64);
  expect(coder.preparationOf("transform")).toEqual({ bytes, ms: undefined });
  await coder.prepareDecoding(["transform-10-rans"]);
  const made = coder.preparationOf("transform");
  expect(made?.bytes).toBe(bytes);
  expect(made?.ms).toBeGreaterThanOrEqual(0);
  await coder.prepareDecoding(["transform-10-rans"]);
  expect(coder.preparationOf("transform")).toEqual(made);
  coder.useBasis(await named(2));
  expect(coder.preparationOf("transform")?.ms).toBeUndefined();
  coder.useBasis(undefined);
  expect(coder.preparationOf("transform")).toBeUndefined();
  expect(coder.preparationOf("rows")).toBeUndefined();
});

deviceTest(
  "what is coded in pieces is the same, and given up when nobody wants it",
  async ({ hardware }) => {
    const { coder } = await setUp(hardware);
    const abort = new AbortController();
    expect(await coder.encode(RUN, FINE, abort.signal)).toEqual(await coder.encode(RUN, FINE));
    abort.abort();
    await expect(coder.encode(RUN, FINE, abort.signal)).rejects.toBe(abort.signal.reason);
  },
);
