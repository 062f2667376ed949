import { describe, expect } from "vitest";
import { codedLayout, type RowRun } from "../../../../shaders/rows/coded-layout.ts";
import type { RowPair } from "../../../../shaders/pairs/merged-layout.ts";
import { compareCoded, floatsOf, rowsOf, rowsOfRun } from "../../../../shaders/rows/row-testing.ts";
import { expectClose } from "../../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../../device/testing.ts";
import { KvCache } from "../../cache/kv-cache.ts";
import { bytesOf, codesOf, type RowBytes } from "./merge-rows.ts";
import { exactFamily } from "../exact/exact-family.ts";
import type { PairedCodec } from "./direction-coder.ts";
import { decodePair, encodePair, pairLayout, type PairCode } from "./pair-codec.ts";
import { createPairCoder } from "./pair-coder.ts";
import { rowCodec, type RowCodec } from "../rows/row-codec.ts";
import { rowFamily } from "../rows/row-family.ts";

const SHAPE = { layers: 4, kvHeads: 2, headDim: 32, contextTokens: 150 };
const CHANNELS = 64;
const ROW = 2 * CHANNELS;
const FREQUENCIES = Array.from({ length: 16 }, (_, d) => 10_000 ** (-d / 16));
const RUN: RowRun = { start: 20, tokens: 100, skip: 4 };
const KEPT_SHARE = 0.05;
const PAIR = { keep: 0, share: 2 };

const FORMATS = [
  { name: "f16", code: "f16" as const, preconditioned: false },
  ...(
    [
      "int8-k-channel-v-token",
      "int4-k-channel-v-token",
      "int3-k-channel-v-token",
      "int4-hadamard-k-channel-v-token",
    ] as const
  ).map((name) => ({ name, code: rowCodec(name), preconditioned: rowCodec(name).hadamard })),
];

/** Of f16, where a number lies as good as halfway between two; and what takes a subnormal for 0. */
const NEXT_F16 = { atol: 2 ** -13, rtol: 2 ** -10 };
/** A direction that is the next f16 may have the next code, and where it ends a group, the next scale. */
const MOST_APART = 1;
const SHARE_APART = 1e-2;
/** The halves of a scale word: a step of f16, of numbers below 1, or a preconditioned key's below 2. */
const SCALE_APART = 2 ** -10;
/** Hadamard's keys on their way back: a step of f16, of directions below 1 and magnitudes below 8. */
const KEY_APART = 8 * 2 ** -11;

const pairedCodec = (code: RowCodec | "f16"): PairedCodec =>
  code === "f16" ? { family: exactFamily, codec: code } : { family: rowFamily, codec: code.name };

async function setUp(hardware: DeviceHarness, code: RowCodec | "f16", keptShare = KEPT_SHARE) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers = cache.layers.map((_, layer) => {
    const rows = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * ROW));
    cache.writeRows(layer, 0, bytesOf(rows));
    return rows;
  });
  const context = { device: hardware.device, cache, frequencies: FREQUENCIES };
  const coder = await createPairCoder(context, pairedCodec(code), { keptShare });
  const rowsOfPair = ({ keep, share }: typeof PAIR, run = RUN): RowPair => {
    const of = (layer: number) => rowsOfRun(layers[layer] ?? new Uint16Array(), SHAPE, run).slice();
    return [of(keep), of(share)];
  };
  return { cache, layers, coder, rowsOfPair };
}

const randomPair = (hardware: DeviceHarness, tokens: number): RowPair => [
  rowsOf(hardware.randomFloat32(tokens * ROW)),
  rowsOf(hardware.randomFloat32(tokens * ROW)),
];

const readLayer = async (cache: KvCache, layer: number): Promise<Uint16Array<ArrayBuffer>> =>
  codesOf(await cache.readRows(layer, { start: 0, end: SHAPE.contextTokens }));

/** The layers, with a pair's run overwritten but for what it skips. */
function withPair(
  layers: readonly Uint16Array<ArrayBuffer>[],
  { keep, share }: typeof PAIR,
  rows: RowPair,
  { start, skip }: RowRun,
): Uint16Array<ArrayBuffer>[] {
  const copies = layers.map((layer) => layer.slice());
  copies[keep]?.set(rows[0].subarray(skip * ROW), (start + skip) * ROW);
  copies[share]?.set(rows[1].subarray(skip * ROW), (start + skip) * ROW);
  return copies;
}

async function expectLayers(
  cache: KvCache,
  expected: readonly Uint16Array<ArrayBuffer>[],
  run: RowRun,
  atol = 0,
): Promise<void> {
  for (const [layer, rows] of expected.entries()) {
    const actual = await readLayer(cache, layer);
    expectClose(floatsOf(actual), floatsOf(rows), atol > 0 ? { atol, rtol: 0 } : { exact: true });
    const [start, end] = [(run.start + run.skip) * ROW, (run.start + run.tokens) * ROW];
    const outside = (codes: Uint16Array) => [...codes.slice(0, start), ...codes.slice(end)];
    expect(outside(actual)).toEqual(outside(rows));
  }
}

/** Bytes as the reference has them, within what an adapter's arithmetic may change. */
function expectCoded(code: PairCode, actual: RowBytes, expected: RowBytes, tokens: number): void {
  const layout = pairLayout({ code, keptShare: KEPT_SHARE }, SHAPE, tokens);
  expect(actual.length).toBe(layout.bytes);
  const floats = (bytes: RowBytes, start: number, end: number) =>
    floatsOf(codesOf(bytes.subarray(start, end)));
  const expectFloats = (start: number, end: number) => {
    expectClose(floats(actual, start, end), floats(expected, start, end), NEXT_F16);
  };
  if (code === "f16") expectFloats(0, layout.magnitudes);
  else {
    const words = (bytes: RowBytes) => new Uint32Array(bytes.slice(0, layout.magnitudes).buffer);
    const found = compareCoded([words(actual), words(expected)], code, SHAPE, tokens);
    expect(found.scaleApart).toBeLessThanOrEqual(SCALE_APART);
    expect(found.mostApart).toBeLessThanOrEqual(MOST_APART);
    expect(found.differing).toBeLessThanOrEqual(found.codes * SHARE_APART);
  }
  expectFloats(layout.magnitudes, layout.keptTokens);
  expect(actual.slice(layout.keptTokens)).toEqual(expected.slice(layout.keptTokens));
}

describe.each(FORMATS)("$name", ({ code, preconditioned }) => {
  deviceTest(
    "pairs are coded as the reference codes them, in the order asked",
    async ({ hardware }) => {
      const { cache, coder, rowsOfPair } = await setUp(hardware, code);
      const pairs = [{ keep: 1, share: 3 }, PAIR];
      const pending = coder.encode(pairs, RUN);
      for (const layer of [0, 1, 2, 3])
        cache.writeRows(layer, 0, new Uint8Array(SHAPE.contextTokens * cache.rowBytes));
      const coded = await pending;
      expect(coder.codedBytes(RUN.tokens)).toBe(coded[0]?.length);
      for (const [i, pair] of pairs.entries()) {
        const expected = encodePair(
          { code, keptShare: KEPT_SHARE },
          rowsOfPair(pair),
          SHAPE,
          RUN.skip,
        );
        expectCoded(code, coded[i] ?? new Uint8Array(), expected, RUN.tokens);
      }
      coder.destroy();
    },
  );

  deviceTest(
    "a pair is decoded as the reference decodes it, and nothing else",
    async ({ hardware }) => {
      const { cache, layers, coder } = await setUp(hardware, code);
      const bytes = encodePair({ code }, randomPair(hardware, RUN.tokens), SHAPE, RUN.skip);
      coder.decode(PAIR, RUN, bytes);
      const expected = decodePair({ code }, bytes, SHAPE, RUN.tokens);
      await expectLayers(
        cache,
        withPair(layers, PAIR, expected, RUN),
        RUN,
        preconditioned ? KEY_APART : 0,
      );
      coder.destroy();
    },
  );

  deviceTest("what the device coded, device and reference decode alike", async ({ hardware }) => {
    const { cache, layers, coder } = await setUp(hardware, code);
    const [bytes = new Uint8Array()] = await coder.encode([PAIR], RUN);
    coder.decode({ keep: 3, share: 1 }, RUN, bytes);
    const expected = decodePair({ code }, bytes, SHAPE, RUN.tokens);
    await expectLayers(
      cache,
      withPair(layers, { keep: 3, share: 1 }, expected, RUN),
      RUN,
      preconditioned ? KEY_APART : 0,
    );
    coder.destroy();
  });

  deviceTest("any bytes decode to finite rows, and nothing else", async ({ hardware }) => {
    const { cache, layers, coder } = await setUp(hardware, code);
    let expected = layers;
    for (const [run, garbage] of [
      [{ start: 0, tokens: 37, skip: 0 }, (x: number) => Math.floor((x + 1) * 128)],
      [{ start: 22, tokens: 128, skip: 50 }, () => 255],
      [{ start: 149, tokens: 1, skip: 0 }, (x: number) => Math.floor((x + 1) * 128)],
    ] as const) {
      const bytes = Uint8Array.from(hardware.randomFloat32(coder.codedBytes(run.tokens)), garbage);
      coder.decode(PAIR, run, bytes);
      const rows = decodePair({ code }, bytes, SHAPE, run.tokens);
      expect(rows.every((one) => floatsOf(one).every(Number.isFinite))).toBe(true);
      expected = withPair(expected, PAIR, rows, run);
    }
    // Hadamard's sums of any numbers are only asked to be finite, and where they belong.
    for (const [layer, rows] of expected.entries()) {
      const actual = await readLayer(cache, layer);
      expect(floatsOf(actual).every(Number.isFinite)).toBe(true);
      const untouched = (codes: Uint16Array) => codes.slice(37 * ROW, 72 * ROW);
      expect(untouched(actual)).toEqual(untouched(rows));
      if (!preconditioned || layer % 2 === 1) expect(actual).toEqual(rows);
    }
    coder.destroy();
  });
});

describe("pair coder", () => {
  deviceTest(
    "applied again, it keeps the same tokens and moves the rest by rounding",
    async ({ hardware }) => {
      const { cache, coder } = await setUp(hardware, "f16");
      const [first = new Uint8Array()] = await coder.encode([PAIR], RUN);
      coder.decode(PAIR, RUN, first);
      const once = await Promise.all([0, 2].map((layer) => readLayer(cache, layer)));
      const [second = new Uint8Array()] = await coder.encode([PAIR], RUN);
      const { keptTokens } = pairLayout({ code: "f16" }, SHAPE, RUN.tokens);
      expect(second.slice(keptTokens)).toEqual(first.slice(keptTokens));
      coder.decode(PAIR, RUN, second);
      for (const [i, layer] of [0, 2].entries()) {
        const rows = once[i] ?? new Uint16Array();
        // Direction, magnitude and product are rounded, each time anew.
        const rounded = { atol: 2 ** -14, rtol: 6 * 2 ** -11 };
        expectClose(floatsOf(await readLayer(cache, layer)), floatsOf(rows), rounded);
      }
      coder.destroy();
    },
  );

  deviceTest(
    "runs that follow one another at once do not disturb each other",
    async ({ hardware }) => {
      const code = rowCodec("int4-k-channel-v-token");
      const { cache, layers, coder } = await setUp(hardware, code);
      const runs = [
        { pair: PAIR, run: { start: 3, tokens: 64, skip: 0 } },
        { pair: { keep: 1, share: 3 }, run: { start: 10, tokens: 128, skip: 0 } },
        { pair: PAIR, run: { start: 67, tokens: 5, skip: 1 } },
      ];
      let expected = layers;
      for (const { pair, run } of runs) {
        const bytes = encodePair({ code }, randomPair(hardware, run.tokens), SHAPE, run.skip);
        coder.decode(pair, run, bytes);
        expected = withPair(expected, pair, decodePair({ code }, bytes, SHAPE, run.tokens), run);
      }
      const coded = await coder.encode([PAIR, { keep: 1, share: 3 }], RUN);
      for (const [layer, rows] of expected.entries())
        expect(await readLayer(cache, layer)).toEqual(rows);
      for (const [i, pair] of [PAIR, { keep: 1, share: 3 }].entries()) {
        const of = (layer: number) =>
          rowsOfRun(expected[layer] ?? new Uint16Array(), SHAPE, RUN).slice();
        const rows = [of(pair.keep), of(pair.share)] as const;
        const reference = encodePair({ code }, rows, SHAPE, RUN.skip);
        expectCoded(code, coded[i] ?? new Uint8Array(), reference, RUN.tokens);
      }
      coder.destroy();
    },
  );

  deviceTest("with nothing kept, and with everything", async ({ hardware }) => {
    for (const keptShare of [0, 1]) {
      const { cache, layers, coder, rowsOfPair } = await setUp(hardware, "f16", keptShare);
      const [bytes = new Uint8Array()] = await coder.encode([PAIR], RUN);
      expect(bytes).toHaveLength(coder.codedBytes(RUN.tokens));
      coder.decode({ keep: 1, share: 3 }, RUN, bytes);
      const format = { code: "f16", keptShare } as const;
      const rows = keptShare === 1 ? rowsOfPair(PAIR) : decodePair(format, bytes, SHAPE, 100);
      await expectLayers(cache, withPair(layers, { keep: 1, share: 3 }, rows, RUN), RUN);
      coder.destroy();
    }
  });

  deviceTest("what it cannot do throws", async ({ hardware }) => {
    const { cache, coder } = await setUp(hardware, "f16");
    const bytes = new Uint8Array(coder.codedBytes(RUN.tokens));
    expect(() => {
      coder.decode({ keep: 1, share: 1 }, RUN, bytes);
    }).toThrow("no pair");
    expect(() => {
      coder.decode({ keep: 1, share: 4 }, RUN, bytes);
    }).toThrow("no pair");
    expect(() => {
      coder.decode(PAIR, { ...RUN, start: 51 }, bytes);
    }).toThrow("no rows from 51");
    expect(() => {
      coder.decode(PAIR, RUN, bytes.slice(4));
    }).toThrow("bytes are not");
    const unrope = rowCodec("int4-unrope-k-channel-v-token");
    const context = { device: hardware.device, cache, frequencies: FREQUENCIES };
    const creating = createPairCoder(context, pairedCodec(unrope));
    await expect(creating).rejects.toThrow("directions");
    coder.destroy();
  });

  deviceTest("a coded layer's place in a pair's bytes is the directions'", async ({ hardware }) => {
    const code = rowCodec("int8-k-channel-v-token");
    const { coder } = await setUp(hardware, code, 0);
    const directions = codedLayout(code, SHAPE, 64).words * 4;
    expect(coder.codedBytes(64)).toBe(directions + 64 * 2 * SHAPE.kvHeads * 4);
    coder.destroy();
  });
});
