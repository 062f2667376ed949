import { describe, expect } from "vitest";
import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import { compareCoded, floatsOf, rowsOf, rowsOfRun } from "../../../../shaders/rows/row-testing.ts";
import { expectClose } from "../../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../../device/testing.ts";
import { KvCache } from "../../cache/kv-cache.ts";
import {
  codedRowsBytes,
  dequantizeRows,
  quantizeRows,
  ROW_CODEC_NAMES,
  rowCodec,
  type RowCodec,
} from "./row-codec.ts";
import { createRowCoder } from "./row-coder.ts";

const SHAPE = { layers: 3, kvHeads: 2, headDim: 32, contextTokens: 150 };
const CHANNELS = 64;
const FREQUENCIES = Array.from({ length: 16 }, (_, d) => 10_000 ** (-d / 16));
const ROTATED = { kvHeads: 2, headDim: 32, frequencies: FREQUENCIES };
const RUN: RowRun = { start: 20, tokens: 100, skip: 4 };

/** A code may be the next one where x lies as good as halfway. */
const MOST_APART = 1;
/**
 * Plain rows: see quantize-rows. Preconditioned keys differ by f32's roundings in a head's sum: now and then
 * a minimum or a scale is the next f16, and a far code of its group is up to 2^bits * 2^-11 of a step off.
 */
const SHARE_APART = 1e-2;
/** The halves of a preconditioned key's scale word: a step of f16, of numbers below 8 (√32 at most). */
const SCALE_APART = 8 * 2 ** -10;
/** Keys on their way back: a step of f16, of numbers below 8. */
const KEY_APART = 8 * 2 ** -10;

async function setUp(hardware: DeviceHarness, codec: RowCodec) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers = cache.layers.map((_, layer) => {
    const rows = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * 2 * CHANNELS));
    cache.writeRows(layer, 0, new Uint8Array(rows.buffer));
    return rows;
  });
  const coder = await createRowCoder(hardware.device, cache, codec, { frequencies: FREQUENCIES });
  return { cache, layers, coder };
}

const readLayer = async (cache: KvCache, layer: number): Promise<Uint16Array> =>
  new Uint16Array((await cache.readRows(layer, { start: 0, end: SHAPE.contextTokens })).buffer);

const wordsOf = (bytes: Uint8Array<ArrayBuffer>) => new Uint32Array(bytes.slice().buffer);

const preconditionsKeys = ({ hadamard, unrope }: RowCodec): boolean => hadamard || unrope;

describe.each(ROW_CODEC_NAMES.map(rowCodec))("$name", (codec) => {
  deviceTest(
    "rows are coded as the reference codes them, layers in the order asked",
    async ({ hardware }) => {
      const { cache, layers, coder } = await setUp(hardware, codec);
      const order = [2, 0];
      const pending = coder.encode(order, RUN);
      cache.writeRows(2, 0, new Uint8Array(SHAPE.contextTokens * cache.rowBytes));
      const coded = await pending;
      for (const [i, layer] of order.entries()) {
        const rows = rowsOfRun(layers[layer] ?? new Uint16Array(), SHAPE, RUN);
        const actual = coded[i] ?? new Uint8Array();
        expect(actual.length).toBe(codedRowsBytes(codec, SHAPE, RUN.tokens));
        const expected = quantizeRows(codec, rows, ROTATED, RUN);
        const both = [wordsOf(actual), wordsOf(expected)] as const;
        const found = compareCoded(both, codec, SHAPE, RUN.tokens);
        expect(found.scaleApart).toBeLessThanOrEqual(preconditionsKeys(codec) ? SCALE_APART : 0);
        expect(found.mostApart).toBeLessThanOrEqual(MOST_APART);
        expect(found.differing).toBeLessThanOrEqual(found.codes * SHARE_APART);
      }
      coder.destroy();
    },
  );

  deviceTest(
    "rows are decoded as the reference decodes them, and nothing else is touched",
    async ({ hardware }) => {
      const { cache, layers, coder } = await setUp(hardware, codec);
      const source = rowsOf(hardware.randomFloat32(RUN.tokens * 2 * CHANNELS));
      const bytes = quantizeRows(codec, source, ROTATED, RUN);
      coder.decode(1, RUN, bytes);
      const whole = (layers[1] ?? new Uint16Array()).slice();
      const rows = dequantizeRows(codec, bytes, ROTATED, RUN);
      whole.set(rows.subarray(RUN.skip * 2 * CHANNELS), (RUN.start + RUN.skip) * 2 * CHANNELS);
      const decoded = await readLayer(cache, 1);
      expectClose(
        floatsOf(decoded),
        floatsOf(whole),
        preconditionsKeys(codec) ? { atol: KEY_APART, rtol: 0 } : { exact: true },
      );
      const outside = (rows: Uint16Array) =>
        rows.filter(
          (_, i) => i < (RUN.start + RUN.skip) * 128 || i >= (RUN.start + RUN.tokens) * 128,
        );
      expect(outside(decoded)).toEqual(outside(whole));
      for (const layer of [0, 2]) expect(await readLayer(cache, layer)).toEqual(layers[layer]);
      coder.destroy();
    },
  );
});

describe("row coder", () => {
  deviceTest(
    "decodes that follow one another at once do not disturb each other",
    async ({ hardware }) => {
      const codec = rowCodec("int4-unrope-hadamard-k-channel-v-token");
      const { cache, coder } = await setUp(hardware, codec);
      const runs = [
        { layer: 0, start: 3, tokens: 64 },
        { layer: 2, start: 70, tokens: 80 },
        { layer: 0, start: 67, tokens: 5 },
      ].map((run) => {
        const rows = rowsOf(hardware.randomFloat32(run.tokens * 2 * CHANNELS));
        return { ...run, bytes: quantizeRows(codec, rows, ROTATED, { start: run.start, skip: 0 }) };
      });
      for (const { layer, start, tokens, bytes } of runs)
        coder.decode(layer, { start, tokens }, bytes);
      for (const { layer, start, tokens, bytes } of runs) {
        const actual = await cache.readRows(layer, { start, end: start + tokens });
        const expected = dequantizeRows(codec, bytes, ROTATED, { start, tokens });
        const tolerance = { atol: KEY_APART, rtol: 0 };
        expectClose(floatsOf(new Uint16Array(actual.buffer)), floatsOf(expected), tolerance);
      }
      coder.destroy();
    },
  );

  deviceTest("layers that are decoded together come out as one by one", async ({ hardware }) => {
    const codec = rowCodec("int3-hadamard-k-channel-v-token");
    const { cache, layers, coder } = await setUp(hardware, codec);
    const coded = await coder.encode([0, 1, 2], RUN);
    const parts = coded.map((bytes, layer) => ({ layer, coded: bytes }));
    coder.decodeLayers(parts, RUN);
    const together = await Promise.all(layers.map((_, layer) => readLayer(cache, layer)));
    layers.forEach((rows, layer) => {
      cache.writeRows(layer, 0, new Uint8Array(rows.slice().buffer));
    });
    for (const { layer, coded: bytes } of parts) coder.decode(layer, RUN, bytes);
    for (const [layer, rows] of together.entries())
      expect(await readLayer(cache, layer)).toEqual(rows);
    coder.destroy();
  });

  deviceTest("unroped keys are coded alike wherever their tokens stand", async ({ hardware }) => {
    const codec = rowCodec("int8-unrope-k-channel-v-token");
    const { cache, layers, coder } = await setUp(hardware, codec);
    const [before] = await coder.encode([0], { start: 20, tokens: 64, skip: 0 });
    // Decoded elsewhere, they are the keys that the tokens would have had there.
    coder.decode(1, { start: 50, tokens: 64 }, before ?? new Uint8Array());
    const [after] = await coder.encode([1], { start: 50, tokens: 64, skip: 0 });
    expect(layers[0]).not.toEqual(layers[1]);
    const both = [before, after].map((bytes) => wordsOf(bytes ?? new Uint8Array()));
    const [first = new Uint32Array(), last = new Uint32Array()] = both;
    const found = compareCoded([first, last], codec, SHAPE, 64);
    expect(found.mostApart).toBeLessThanOrEqual(MOST_APART);
    expect(found.scaleApart).toBeLessThanOrEqual(2 ** -10);
    expect(await readLayer(cache, 0)).toEqual(layers[0]);
    coder.destroy();
  });
});
