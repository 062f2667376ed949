import { describe, expect } from "vitest";
import { floatsOf, rowsOf } from "../../../shaders/rows/row-testing.ts";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { decodeChunkValue } from "./chunk-value.ts";
import { KvCache } from "../cache/kv-cache.ts";
import { ValueCoder } from "./value-coder.ts";
import { valueShapes, type StoredForm } from "./stored-form.ts";

/** Layers so wide that four make a value: the fifth is in one of its own. */
const SHAPE = { layers: 5, kvHeads: 8, headDim: 128, contextTokens: 140 };
const WIDTH = 2 * SHAPE.kvHeads * SHAPE.headDim;
const FREQUENCIES = Array.from({ length: 64 }, (_, d) => 10_000 ** (-d / 64));
const RUN = { start: 3, tokens: 128, sinkTokens: 4 };

/** Numbers between -1 and 1 in 8 bits: half a step of a group's range at most, and f16's rounding. */
const INT8_APART = { atol: 1 / 255 + 2 ** -11, rtol: 0 };

function setUp(hardware: DeviceHarness) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers = cache.layers.map((_, layer) => {
    const rows = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * WIDTH));
    cache.writeRows(layer, 0, new Uint8Array(rows.buffer));
    return rows;
  });
  return { cache, layers, coder: new ValueCoder(hardware.device, cache, FREQUENCIES) };
}

const readLayer = async (cache: KvCache, layer: number) =>
  new Uint16Array((await cache.readRows(layer, { start: 0, end: SHAPE.contextTokens })).buffer);

/** Decode values into a cache of other rows; these, too, are returned. */
async function comeBack(
  hardware: DeviceHarness,
  values: readonly Uint8Array<ArrayBuffer>[],
  skip = 0,
): Promise<{ before: Uint16Array[]; after: Uint16Array[]; results: boolean[] }> {
  const { cache, layers: before, coder } = setUp(hardware);
  const results: boolean[] = [];
  for (const [group, shape] of valueShapes(SHAPE, RUN.tokens).entries()) {
    const value = decodeChunkValue(shape, values[group] ?? new Uint8Array());
    results.push(value !== undefined && (await coder.decode(value, { ...RUN, skip })));
  }
  const after = await Promise.all(before.map((_, layer) => readLayer(cache, layer)));
  return { before, after, results };
}

const part = (rows: Uint16Array = new Uint16Array(), start: number, end: number) =>
  rows.subarray(start * WIDTH, end * WIDTH);

const INT8: StoredForm = { codecOf: () => "int8-k-channel-v-token", pairs: [] };
/** A budget by layer, and a pair whose layers are in two values. */
const MIXED: StoredForm = {
  codecOf: (layer) => (layer < 2 ? "int8-k-channel-v-token" : "int4-hadamard-k-channel-v-token"),
  pairs: [{ keep: 1, share: 4 }],
};

describe("rows as values and back", () => {
  deviceTest("sinks exactly, the others within their codec's error", async ({ hardware }) => {
    const { layers, coder } = setUp(hardware);
    const values = await coder.encode(RUN, INT8);
    expect(values).toHaveLength(2);
    const { before, after, results } = await comeBack(hardware, values);
    expect(results).toEqual([true, true]);
    for (const [layer, rows] of layers.entries()) {
      const [start, end] = [RUN.start, RUN.start + RUN.tokens];
      const sinks = start + RUN.sinkTokens;
      expect(part(after[layer], start, sinks)).toEqual(part(rows, start, sinks));
      const [actual, expected] = [part(after[layer], sinks, end), part(rows, sinks, end)];
      expectClose(floatsOf(actual), floatsOf(expected), INT8_APART);
      for (const outside of [part(after[layer], 0, start), part(after[layer], end, 140)])
        expect(outside.length).toBeGreaterThan(0);
      expect(part(after[layer], 0, start)).toEqual(part(before[layer], 0, start));
      expect(part(after[layer], end, 140)).toEqual(part(before[layer], end, 140));
    }
  });

  deviceTest("rows that are to be skipped stay as they are", async ({ hardware }) => {
    const { coder } = setUp(hardware);
    const values = await coder.encode(RUN, MIXED);
    const whole = await comeBack(hardware, values);
    for (const skip of [2, 10]) {
      const { before, after, results } = await comeBack(hardware, values, skip);
      expect(results).toEqual([true, true]);
      const [from, end] = [RUN.start + skip, RUN.start + RUN.tokens];
      for (const layer of before.keys()) {
        expect(part(after[layer], 0, from)).toEqual(part(before[layer], 0, from));
        expect(part(after[layer], from, end)).toEqual(part(whole.after[layer], from, end));
        expect(part(after[layer], end, 140)).toEqual(part(before[layer], end, 140));
      }
    }
  });

  deviceTest("codecs by layer, and a pair whose layers are in two values", async ({ hardware }) => {
    const { layers, coder } = setUp(hardware);
    const values = await coder.encode(RUN, MIXED);
    const { after, results } = await comeBack(hardware, values);
    expect(results).toEqual([true, true]);
    const rest = [RUN.start + RUN.sinkTokens, RUN.start + RUN.tokens] as const;
    const rows = (layer: number, of: readonly Uint16Array[]) => floatsOf(part(of[layer], ...rest));
    expectClose(rows(0, after), rows(0, layers), INT8_APART);
    // Where random rows are merged, nothing is left of them but their length.
    for (const layer of [1, 4]) {
      const length = (of: readonly Uint16Array[]) => Math.hypot(...rows(layer, of).slice(0, 128));
      expect(length(after) / length(layers)).toBeCloseTo(1, 1);
    }
    const bits = (value: Uint8Array | undefined) => value?.length ?? 0;
    const plain = await coder.encode(RUN, { ...MIXED, pairs: [] });
    expect(bits(values[1]), "the deeper one has nothing of its own").toBeLessThan(200);
    expect(bits(values[0]) + bits(values[1])).toBeLessThan(bits(plain[0]) + bits(plain[1]));
  });

  deviceTest("a part of the wrong length is refused", async ({ hardware }) => {
    const { cache, coder } = setUp(hardware);
    const values = await coder.encode(RUN, INT8);
    const [shape] = valueShapes(SHAPE, RUN.tokens);
    const value = shape && values[0] && decodeChunkValue(shape, values[0]);
    if (!value) throw new Error("a value that was just coded is none");
    const before = await readLayer(cache, 3);
    const cut = value.layers.map((one) => ({ ...one, coded: one.coded.slice(4) }));
    const run = { ...RUN, skip: 0 };
    expect(await coder.decode({ ...value, layers: cut }, run)).toBe(false);
    const isF16 = value.layers.map((one) => ({ ...one, codec: "f16" as const }));
    expect(await coder.decode({ ...value, layers: isF16 }, run)).toBe(false);
    const decode = await coder.decoder(value);
    expect(await readLayer(cache, 3), "not decoded: no longer wanted").toEqual(before);
    expect(decode(run)).toBe(true);
  });

  deviceTest("a codec that does not fit the heads is refused", async ({ hardware }) => {
    // The largest power of two that divides 40 is 8, and a Hadamard matrix mixes 16 channels at least.
    const shape = { layers: 2, kvHeads: 1, headDim: 40, contextTokens: 140 };
    const frequencies = FREQUENCIES.slice(0, 20);
    const coder = new ValueCoder(hardware.device, new KvCache(hardware.device, shape), frequencies);
    const none = new Uint8Array();
    const part = { codec: "int4-hadamard-k-channel-v-token", sinks: none, coded: none };
    const run = { ...RUN, skip: 0 };
    const alone = { sinkTokens: 0, layers: [{ layer: 0, ...part }] };
    expect(await coder.decode(alone, run)).toBe(false);
    const paired = { sinkTokens: 0, layers: [{ layer: 0, partner: 1, ...part }] };
    expect(await coder.decode(paired, run)).toBe(false);
  });
});
