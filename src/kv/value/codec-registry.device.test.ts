import { describe, expect, test } from "vitest";
import { rowsOf } from "../../../shaders/rows/row-testing.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { rowBytes, KvCache } from "../cache/kv-cache.ts";
import type { Bytes, CodecFamily, CoderContext, FamilyCoder } from "../codecs/codec.ts";
import { guard, QUALITY_BUDGETS, type CompressionCandidate } from "../quality/quality-guard.ts";
import { hasRate } from "../quality/rate-ladders.ts";
import { storedForm, usualCodecs } from "../quality/stored-forms.ts";
import { decodeChunkValue } from "./chunk-value.ts";
import { CODEC_FAMILIES } from "./codec-families.ts";
import { CodecRegistry } from "./codec-registry.ts";
import { valueShapes, type StoredForm } from "./stored-form.ts";
import { ValueCoder } from "./value-coder.ts";

/** Layers so wide that four make a value: the fifth is in one of its own. */
const SHAPE = { layers: 5, kvHeads: 8, headDim: 128, contextTokens: 140 };
const WIDTH = 2 * SHAPE.kvHeads * SHAPE.headDim;
const FREQUENCIES = Array.from({ length: 64 }, (_, d) => 10_000 ** (-d / 64));
const RUN = { start: 3, tokens: 128, sinkTokens: 4 };

const inverted = (bytes: Bytes): Bytes => bytes.map((byte) => byte ^ 0xff);

/** Rows as they are, every bit of them inverted. No other file knows of this family. */
const INVERTED: CodecFamily = {
  name: "inverted",
  codecs: { "inverted-f16": 1000 },
  isExact: false,
  needsBasis: false,
  pairedBytes: (_codec, shape, tokens) => tokens * rowBytes(shape),
  ladder: {
    rates: ["inverted"],
    expectedKl: () => 0.01,
    expectedShare: () => 1,
    usual: "inverted",
    codecOf: () => () => "inverted-f16",
  },
  createCoder: createInvertedCoder,
};

function createInvertedCoder({ cache }: CoderContext): FamilyCoder {
  return {
    encoder: () =>
      Promise.resolve(async (layers, { start, tokens }) => {
        const run = { start, end: start + tokens };
        const coded = layers.map(
          async ({ layer }) => [layer, inverted(await cache.readRows(layer, run))] as const,
        );
        return new Map(await Promise.all(coded));
      }),
    decoder: () =>
      Promise.resolve((layers, { start, tokens, skip }) => {
        for (const { layer, coded } of layers) {
          if (coded.length !== tokens * cache.rowBytes) return false;
          const rows = inverted(coded).subarray(skip * cache.rowBytes);
          cache.writeRows(layer, start + skip, rows);
        }
        return true;
      }),
    destroy: () => undefined,
  };
}

const CODECS = new CodecRegistry([INVERTED, ...CODEC_FAMILIES]);

function setUp(hardware: DeviceHarness) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers = cache.layers.map((_, layer) => {
    const rows = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * WIDTH));
    cache.writeRows(layer, 0, new Uint8Array(rows.buffer));
    return rows;
  });
  return { cache, layers, coder: new ValueCoder(hardware.device, cache, FREQUENCIES, CODECS) };
}

/** How many bytes of the run differ between two caches' rows of a layer. */
async function differences(one: KvCache, other: KvCache, layer: number): Promise<number> {
  const rows = { start: RUN.start, end: RUN.start + RUN.tokens };
  const [actual, expected] = await Promise.all([
    one.readRows(layer, rows),
    other.readRows(layer, rows),
  ]);
  return actual.reduce((count, byte, i) => count + (byte === expected[i] ? 0 : 1), 0);
}

/** Decodes values into a cache of other rows. */
async function decodedInto(hardware: DeviceHarness, values: readonly Bytes[]): Promise<KvCache> {
  const { cache, coder } = setUp(hardware);
  for (const [group, shape] of valueShapes(SHAPE, RUN.tokens).entries()) {
    const value = decodeChunkValue(shape, values[group] ?? new Uint8Array(), CODECS);
    expect(value && (await coder.decode(value, { ...RUN, skip: 0 }))).toBe(true);
  }
  return cache;
}

const ALONE: StoredForm = { codecOf: () => "inverted-f16", pairs: [] };

describe("a codec family that only the registry names", () => {
  deviceTest("stores rows of a cache and restores them, sinks included", async ({ hardware }) => {
    const { cache, coder } = setUp(hardware);
    const restored = await decodedInto(hardware, await coder.encode(RUN, ALONE));
    for (const layer of cache.layers.keys())
      expect(await differences(restored, cache, layer)).toBe(0);
  });

  deviceTest(
    "is one of several in a form, and codes the rows that layers share",
    async ({ hardware }) => {
      const { cache, coder } = setUp(hardware);
      const codecOf = (layer: number) => (layer === 0 ? "int8-k-channel-v-token" : "inverted-f16");
      const mixed = { codecOf, pairs: [{ keep: 1, share: 4 }] };
      const restored = await decodedInto(hardware, await coder.encode(RUN, mixed));
      expect(await differences(restored, cache, 2)).toBe(0);
      const asExact = {
        ...mixed,
        codecOf: (layer: number) => (layer === 1 ? "f16" : codecOf(layer)),
      };
      const expected = await decodedInto(hardware, await coder.encode(RUN, asExact));
      for (const layer of [1, 4]) expect(await differences(restored, expected, layer)).toBe(0);
    },
  );

  deviceTest("is refused by a registry that does not have it", async ({ hardware }) => {
    const [value = new Uint8Array()] = await setUp(hardware).coder.encode(RUN, ALONE);
    const [shape] = valueShapes(SHAPE, RUN.tokens);
    expect(shape && decodeChunkValue(shape, value)).toBeUndefined();
  });

  test("is a form like any other, behind whose last rate come rows as they are", async () => {
    expect(hasRate("inverted", CODECS)).toBe(true);
    expect(hasRate("inverted")).toBe(false);
    expect(usualCodecs(SHAPE, new Set(["inverted"]), CODECS)).toEqual(["inverted-f16"]);
    const first: CompressionCandidate = { codec: "inverted", map: { layers: 5, pairs: [] } };
    expect(storedForm(first, SHAPE, CODECS)?.codecOf(3)).toBe("inverted-f16");
    const worst = () => Promise.resolve({ meanKl: 1, p95Kl: 1, flips: 1, top1: 0, bytes: 1 });
    const { accepted } = await guard(first, worst, QUALITY_BUDGETS.balanced, CODECS);
    expect(accepted, "after its last rate come rows as they are").toEqual({
      ...first,
      codec: "f16",
    });
  });
});

describe("a registry", () => {
  test("has the numbers that are stored, which never change", () => {
    const shipped = new CodecRegistry(CODEC_FAMILIES);
    const names = Array.from({ length: 28 }, (_, number) => shipped.codecNumbered(number));
    expect(names).toEqual([
      undefined,
      "f16",
      "int8-k-channel-v-token",
      "int4-k-channel-v-token",
      "int3-k-channel-v-token",
      "int2-k-channel-v-token",
      "int4-hadamard-k-channel-v-token",
      "int3-hadamard-k-channel-v-token",
      "int2-hadamard-k-channel-v-token",
      "int8-unrope-k-channel-v-token",
      "int4-unrope-k-channel-v-token",
      "int3-unrope-k-channel-v-token",
      "int2-unrope-k-channel-v-token",
      "int4-unrope-hadamard-k-channel-v-token",
      "int3-unrope-hadamard-k-channel-v-token",
      "int2-unrope-hadamard-k-channel-v-token",
      "transform-10-rans",
      "transform-15-rans",
      "transform-20-rans",
      "transform-30-rans",
      "transform-60-rans",
      "transform-10-fixed",
      "transform-15-fixed",
      "transform-20-fixed",
      "transform-30-fixed",
      "transform-60-fixed",
      "transform-5-rans",
      "transform-5-fixed",
    ]);
    for (const [number, name] of names.entries())
      if (name !== undefined) expect(shipped.numberOf(name)).toBe(number);
  });

  test("refuses a name or a number that is taken", () => {
    const same = { ...INVERTED, name: "again" };
    expect(() => new CodecRegistry([INVERTED, same])).toThrow("inverted-f16");
    const numbered = { ...INVERTED, codecs: { other: 1000 } };
    expect(() => new CodecRegistry([INVERTED, numbered])).toThrow("1000");
    expect(() => CODECS.familyOf("int5")).toThrow("int5");
  });
});
