import { describe, expect } from "vitest";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import { floatsOf } from "../../../shaders/rows/row-testing.ts";
import { roundedTransform, type GroupTransform } from "../../../shaders/transform/basis-group.ts";
import type { ComponentVariant } from "../../../shaders/transform/component-block.ts";
import { expectClose } from "../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { KvCache } from "../cache/kv-cache.ts";
import { decodeComponents } from "../codecs/entropy/component-codec.ts";
import { dequantizeRows, rowCodec } from "../codecs/rows/row-codec.ts";
import { createRowCoder } from "../codecs/rows/row-coder.ts";
import { groupTransform, reconstructRows } from "../codecs/transform/transform-codec.ts";
import { createTransformCoder } from "../codecs/transform/transform-coder.ts";
import { randomBasis } from "../codecs/transform/transform-testing.ts";
import type { TransformBasis } from "../codecs/transform-basis.ts";
import { bytesWritten, STORED_BYTES } from "./stored-bytes-testing.ts";

const SHAPE = { layers: 2, kvHeads: 1, headDim: 16, contextTokens: 40 };
const FREQUENCIES = Array.from({ length: 8 }, (_, d) => 10_000 ** (-d / 8));
const RUN = { start: 5, tokens: 32, skip: 0 };
const CODECS = {
  int8: rowCodec("int8-k-channel-v-token"),
  int4: rowCodec("int4-k-channel-v-token"),
};
type Bits = keyof typeof CODECS;
const BITS: readonly Bits[] = ["int8", "int4"];
const STEP = 0.05;
const BASIS = randomBasis({ ...SHAPE, groups: [{ layers: 2, components: [20, 13] }] });
const GROUP = groupOf(BASIS);
/** A step of f16, of numbers below 8: what decides a rounding may be a rounding of f32. */
const ROW_APART = 2 ** -8;
/** A step between codes of numbers from -2 to 2, in so many bits. */
const CODE_APART: Record<Bits, number> = { int8: 4 / 255 + ROW_APART, int4: 4 / 15 + ROW_APART };

function groupOf(basis: TransformBasis): GroupTransform {
  const [group] = basis.groups;
  if (!group) throw new Error("there is no group");
  return roundedTransform(groupTransform(group, basis));
}

async function rowsAfter(cache: KvCache): Promise<Float32Array[]> {
  const range = { start: RUN.start, end: RUN.start + RUN.tokens };
  const layers = await Promise.all(cache.layers.map((_, layer) => cache.readRows(layer, range)));
  return layers.map((bytes) => floatsOf(new Uint16Array(bytes.buffer)));
}

/** The coders' blocks of random rows, as this device writes them. */
async function written(hardware: DeviceHarness) {
  const cache = new KvCache(hardware.device, SHAPE);
  for (const layer of cache.layers.keys()) {
    const halves = hardware
      .randomFloat32(SHAPE.contextTokens * 2 * SHAPE.headDim)
      .map((x) => Math.round(Math.abs(x) * 0x3fff) + (x < 0 ? 0x8000 : 0));
    cache.writeRows(layer, 0, new Uint8Array(Uint16Array.from(halves).buffer));
  }
  const options = { frequencies: FREQUENCIES };
  const inBits = async (bits: Bits) => {
    const coder = await createRowCoder(hardware.device, cache, CODECS[bits], options);
    const [bytes = new Uint8Array()] = await coder.encode([0], RUN);
    coder.destroy();
    return bytes;
  };
  const transform = await createTransformCoder(hardware.device, cache, BASIS, options);
  const encoded = async (variant: ComponentVariant) =>
    (await transform.encode([0], RUN, { step: STEP, variant }))[0] ?? new Uint8Array();
  const blocks = {
    int8: await inBits("int8"),
    int4: await inBits("int4"),
    rans: await encoded("rans"),
    fixed: await encoded("fixed"),
  };
  transform.destroy();
  return blocks;
}

/** The integers that a block of the basis' only group stands for. */
function codesOf(variant: ComponentVariant, bytes: Uint8Array): Int16Array {
  const shape = { tokens: RUN.tokens, sideComponents: GROUP.components };
  const codes = decodeComponents(variant, bytes, shape);
  if (!codes) throw new Error(`no block of ${variant} codes`);
  return codes;
}

const rowsOf = (bits: Bits, bytes: Uint8Array): Float32Array =>
  floatsOf(dequantizeRows(CODECS[bits], bytes, SHAPE, RUN));

describe("bytes that other devices wrote", () => {
  for (const bits of BITS)
    deviceTest(`rows in bits come back: ${bits}`, async ({ hardware }) => {
      const cache = new KvCache(hardware.device, SHAPE);
      const bytes = bytesWritten(STORED_BYTES[bits]);
      const options = { frequencies: FREQUENCIES };
      const coder = await createRowCoder(hardware.device, cache, CODECS[bits], options);
      coder.decode(0, RUN, bytes);
      const [actual = new Float32Array()] = await rowsAfter(cache);
      expectClose(actual, rowsOf(bits, bytes), { atol: ROW_APART, rtol: 0 });
      expect(actual.some((x) => x !== 0)).toBe(true);
      coder.destroy();
    });

  for (const variant of ["rans", "fixed"] as const)
    deviceTest(`transformed rows come back: ${variant}`, async ({ hardware }) => {
      const cache = new KvCache(hardware.device, SHAPE);
      const bytes = bytesWritten(STORED_BYTES[variant]);
      const options = { frequencies: FREQUENCIES, uses: [variant] };
      const coder = await createTransformCoder(hardware.device, cache, BASIS, options);
      expect(coder.decode(0, RUN, { step: STEP, variant }, bytes)).toBe(true);
      const actual = await rowsAfter(cache);
      const codes = codesOf(variant, bytes);
      expect(codes.filter((code) => code !== 0).length).toBeGreaterThan(codes.length / 4);
      const none = actual.map((rows) => new Uint16Array(rows.length));
      const [first, end] = [RUN.start, RUN.start + RUN.tokens].map((at) => at * SHAPE.headDim);
      const rotation = rotationTable(FREQUENCIES, SHAPE.contextTokens).slice(first, end);
      const run = { tokens: RUN.tokens, skip: 0, step: STEP, rotation };
      for (const [layer, rows] of reconstructRows(GROUP, none, codes, run).entries())
        expectClose(actual[layer] ?? new Float32Array(), floatsOf(rows), {
          atol: ROW_APART,
          rtol: 0,
        });
      coder.destroy();
    });

  deviceTest("are what this one writes, but for what lies halfway", async ({ hardware }) => {
    const own = await written(hardware);
    for (const bits of BITS) {
      const stored = rowsOf(bits, bytesWritten(STORED_BYTES[bits]));
      expectClose(rowsOf(bits, own[bits]), stored, { atol: CODE_APART[bits], rtol: 0 });
    }
    for (const variant of ["rans", "fixed"] as const) {
      const stored = codesOf(variant, bytesWritten(STORED_BYTES[variant]));
      const apart = codesOf(variant, own[variant]).map((code, i) => code - (stored[i] ?? 0));
      expect(apart.every((difference) => Math.abs(difference) <= 1)).toBe(true);
      // Entropy-coded ones are rounded otherwise since these bytes were written, where that saves bits.
      const most = variant === "fixed" ? 4 : stored.length / 20;
      expect(apart.filter((difference) => difference !== 0).length).toBeLessThan(most);
    }
  });
});
