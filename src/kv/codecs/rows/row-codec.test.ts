import { describe, expect, test } from "vitest";
import { halfValue } from "../../../../shaders/exact-f16.ts";
import { groupsOf, placeOfNumber } from "../../../../shaders/rows/coded-layout.ts";
import { preconditionKeysReference } from "../../../../shaders/rows/precondition-keys.ts";
import { rotationTable } from "../../../../shaders/forward/rope-append.ts";
import { decodeFloats, encodeFloats } from "../../../shared/number-formats.ts";
import {
  codedRowsBytes,
  codedRowsLayout,
  dequantizeRows,
  quantizeRows,
  ROW_CODEC_NAMES,
  rowCodec,
  type RotatedShape,
  type RowCodec,
  type RowCodecName,
} from "./row-codec.ts";

const SHAPE: RotatedShape = {
  kvHeads: 2,
  headDim: 32,
  frequencies: Array.from({ length: 16 }, (_, d) => 10_000 ** (-d / 16)),
};
const CHANNELS = 64;
const RUN = { start: 256, skip: 0 };
const CODECS = ROW_CODEC_NAMES.map(rowCodec);
const PLAIN = CODECS.filter(({ hadamard, unrope }) => !hadamard && !unrope);

const floatsOf = (rows: Uint16Array) => decodeFloats(new Uint8Array(rows.slice().buffer), "f16");
const rowsOf = (values: Float32Array) => new Uint16Array(encodeFloats(values, "f16").buffer);

/** Linear congruential, in [-1, 1): the same numbers everywhere. */
function* randoms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/** Rows as models have them: channels of different size and centre. [tokens, 2, kvHeads, headDim] */
function rows(tokens: number, seed = 1): Uint16Array {
  const next = randoms(seed);
  return rowsOf(
    Float32Array.from({ length: tokens * 2 * CHANNELS }, (_, i) => {
      const size = 2 ** ((i % 7) - 4);
      return size * (next.next().value + (i % 3));
    }),
  );
}

const roundTrip = (codec: RowCodec, original: Uint16Array, run = RUN): Uint16Array =>
  dequantizeRows(codec, quantizeRows(codec, original, SHAPE, run), SHAPE, {
    start: run.start,
    tokens: original.length / (2 * CHANNELS),
  });

/** Keys [tokens, channels] as a codec quantises them, and values. */
function quantised(
  codec: RowCodec,
  original: Uint16Array,
): { keys: Float32Array; values: Float32Array } {
  const tokens = original.length / (2 * CHANNELS);
  const table = rotationTable(SHAPE.frequencies ?? [], RUN.start + tokens);
  const numbers = floatsOf(original);
  return {
    keys: preconditionKeysReference(
      original,
      table.subarray(RUN.start * SHAPE.headDim),
      codec,
      SHAPE,
    ),
    values: numbers.filter((_, i) => i % (2 * CHANNELS) >= CHANNELS),
  };
}

/**
 * How far each number may be from what it was: half a step. Where a scale lies below the smallest normal
 * f16 it is off by up to 2^-25, and so misses its group's far end by `2^bits` times that.
 */
function halfSteps(codec: RowCodec, bytes: Uint8Array<ArrayBuffer>, tokens: number) {
  const words = new Uint32Array(bytes.slice().buffer);
  const bounds = {
    keys: new Float32Array(tokens * CHANNELS),
    values: new Float32Array(tokens * CHANNELS),
  };
  for (const group of groupsOf(codec, SHAPE, tokens)) {
    const step = halfValue(words[group.scale] ?? NaN);
    // A preconditioned minimum is rounded to f16, and what lies below it is clamped.
    const minimum = Math.abs(halfValue((words[group.scale] ?? NaN) >>> 16)) * 2 ** -11;
    const clamped = codec.hadamard || codec.unrope ? minimum : 0;
    for (let i = 0; i < group.length; i++)
      bounds[group.isKey ? "keys" : "values"][placeOfNumber(group, CHANNELS, i)] = Math.max(
        step / 2,
        2 ** codec.bits * 2 ** -25,
        clamped,
      );
  }
  return bounds;
}

/** To the nearest f16, in normal numbers and below; and f32's own error, far less. */
const rounding = (value: number) => Math.abs(value) * 2 ** -11 + 2 ** -24;

/** The most by which one of them exceeds what is allowed; not above 0 if none does, and NaN if one is. */
function excess(
  actual: Float32Array,
  expected: Float32Array,
  allowed: (i: number, actual: number, expected: number) => number,
): number {
  return expected.reduce((most, x, i) => {
    const got = actual[i] ?? NaN;
    return Math.max(most, Math.abs(got - x) - allowed(i, got, x));
  }, -Infinity);
}

const isSame = (a: Uint16Array, b: Uint16Array): boolean =>
  a.length === b.length && a.every((code, i) => code === b[i]);

describe.each(CODECS)("$name", (codec) => {
  const tokens = 128;
  const preconditioned = codec.hadamard || codec.unrope;

  test("each number is within half a step of its group, and a rounding", () => {
    const original = rows(tokens);
    const bounds = halfSteps(codec, quantizeRows(codec, original, SHAPE, RUN), tokens);
    const before = quantised(codec, original);
    const after = quantised(codec, roundTrip(codec, original));
    // A preconditioned key goes back through f16: its head's roundings, each within its own key's.
    const keyAllowed = (i: number, got: number) =>
      (bounds.keys[i] ?? NaN) + rounding(preconditioned ? headLength(after.keys, i) : got);
    expect(excess(after.keys, before.keys, keyAllowed)).toBeLessThanOrEqual(0);
    const valueAllowed = (i: number, got: number) => (bounds.values[i] ?? NaN) + rounding(got);
    expect(excess(after.values, before.values, valueAllowed)).toBeLessThanOrEqual(0);
  });

  test("what was decoded once changes by a step at most when coded again, and again", () => {
    const once = roundTrip(codec, rows(tokens));
    const bounds = halfSteps(codec, quantizeRows(codec, once, SHAPE, RUN), tokens);
    const first = quantised(codec, once);
    const twice = roundTrip(codec, once);
    const last = quantised(codec, roundTrip(codec, roundTrip(codec, twice)));
    // Not bit for bit: a scale whose group's far end was rounded to f16 may come out as the next f16,
    // which moves that end by 2^bits * 2^-11 of a step each time.
    for (const part of ["keys", "values"] as const) {
      const step = (i: number, got: number) => 2 * (bounds[part][i] ?? NaN) + rounding(got);
      expect(excess(quantised(codec, twice)[part], first[part], step)).toBeLessThanOrEqual(0);
      expect(excess(last[part], first[part], step)).toBeLessThanOrEqual(0);
    }
  });

  test("sinks that are skipped leave the other tokens as if they were not there", () => {
    const plain = rows(tokens);
    const loud = plain.slice();
    loud.fill(0x7bff, 0, 4 * 2 * CHANNELS); // the largest f16
    const run = { start: RUN.start, skip: 4 };
    const after = (original: Uint16Array) =>
      roundTrip(codec, original, run).slice(4 * 2 * CHANNELS);
    expect(isSame(after(loud), after(plain))).toBe(true);
  });

  test("attention over decoded rows is as close as its bits allow", () => {
    const original = rows(tokens, 5);
    const exact = attended(floatsOf(original));
    const coded = attended(floatsOf(roundTrip(codec, original)));
    const error = Math.hypot(...exact.map((x, i) => x - (coded[i] ?? NaN))) / Math.hypot(...exact);
    // Measured: 1.0 to 1.7 times 2^-bits. These keys have nothing that preconditioning could make use of.
    expect(error).toBeLessThan(2 * 2 ** -codec.bits);
  });
});

test("without their position, biased keys are coded as well as others", () => {
  const tokens = 128;
  const errorOf = (name: RowCodecName, bias: number): number => {
    const keys = rows(tokens, 3);
    const original = rowsOf(biased(floatsOf(keys), bias));
    const decoded = floatsOf(roundTrip(rowCodec(name), original));
    const differences = floatsOf(original).map((x, i) => x - (decoded[i] ?? NaN));
    return Math.hypot(...differences.filter((_, i) => i % (2 * CHANNELS) < CHANNELS));
  };
  const unroped = "int4-unrope-hadamard-k-channel-v-token";
  // Numbers of 40 are rounded to 1/64 in the cache, and so is the minimum of a group.
  expect(errorOf(unroped, 40) / errorOf(unroped, 0)).toBeLessThan(1.1);
  expect(errorOf("int4-k-channel-v-token", 40) / errorOf(unroped, 40)).toBeGreaterThan(5);
});

/** Rows whose keys have a bias of this size in every channel, turned to their positions. */
function biased(numbers: Float32Array, bias: number): Float32Array {
  const { frequencies = [], headDim } = SHAPE;
  const biases = randoms(11);
  const signs = Array.from({ length: CHANNELS }, () => Math.sign(biases.next().value));
  return numbers.map((value, at) => {
    const channel = at % (2 * CHANNELS);
    if (channel >= CHANNELS) return value;
    const d = channel % headDim;
    const angle =
      (RUN.start + Math.floor(at / (2 * CHANNELS))) * (frequencies[d % (headDim / 2)] ?? NaN);
    const isFirst = d < headDim / 2;
    const partner = signs[isFirst ? channel + headDim / 2 : channel - headDim / 2] ?? NaN;
    const own = (signs[channel] ?? NaN) * Math.cos(angle);
    return value + bias * (own + (isFirst ? -partner : partner) * Math.sin(angle));
  });
}

/** The length of the head that key `i` belongs to. */
function headLength(keys: Float32Array, i: number): number {
  const first = i - (i % SHAPE.headDim);
  return Math.hypot(...keys.subarray(first, first + SHAPE.headDim));
}

/** The attention output of a fixed query in each head: Σ softmax(q·k)·v. */
function attended(numbers: Float32Array): number[] {
  const { kvHeads, headDim } = SHAPE;
  const next = randoms(9);
  return Array.from({ length: kvHeads }, (_, head) => {
    const query = Array.from({ length: headDim }, () => next.next().value / 4);
    const at = (token: number, half: number) =>
      numbers.subarray(
        (2 * token + half) * CHANNELS + head * headDim,
        (2 * token + half) * CHANNELS + (head + 1) * headDim,
      );
    const weights = Array.from({ length: numbers.length / (2 * CHANNELS) }, (_, token) =>
      Math.exp(at(token, 0).reduce((sum, k, d) => sum + k * (query[d] ?? NaN), 0)),
    );
    const total = weights.reduce((a, b) => a + b);
    return Array.from({ length: headDim }, (_, d) =>
      weights.reduce((sum, w, token) => sum + (w / total) * (at(token, 1)[d] ?? NaN), 0),
    );
  }).flat();
}

describe("rows of one number", () => {
  for (const [why, value] of [
    ["zeros", 0],
    ["a constant", 1.2998046875],
    ["the largest f16", 65504],
    ["the lowest f16", -65504],
    ["a subnormal", 2 ** -24],
  ] as const)
    test(`${why} come back bit for bit, where keys are not preconditioned`, () => {
      const original = rowsOf(new Float32Array(40 * 2 * CHANNELS).fill(value));
      for (const codec of PLAIN) expect(isSame(roundTrip(codec, original), original)).toBe(true);
      for (const codec of CODECS)
        expect(floatsOf(roundTrip(codec, original)).every(Number.isFinite)).toBe(true);
    });

  test("both ends of f16's range in one group stay finite, and at their ends", () => {
    const original = rowsOf(
      new Float32Array(40 * 2 * CHANNELS).map((_, i) => (i % 5 < 2 ? 65504 : -65504)),
    );
    for (const codec of PLAIN) {
      const decoded = floatsOf(roundTrip(codec, original));
      // A scale is off by 2^-11 at most, and so is the far end, of the range: twice the number.
      const allowed = (_: number, __: number, x: number) => Math.abs(x) * 2 ** -10;
      expect(excess(decoded, floatsOf(original), allowed)).toBeLessThanOrEqual(0);
    }
  });
});

test("sizes and parts, for Pip's chunk and one that ends early", () => {
  const int4 = rowCodec("int4-k-channel-v-token");
  expect(codedRowsBytes(int4, SHAPE, 128)).toBe((128 * 128 * 4.5) / 8);
  expect(codedRowsLayout(int4, SHAPE, 128)).toEqual({
    keyCodes: 0,
    keyScales: 4096,
    valueCodes: 4096 + 2 * 64 * 4,
    valueScales: 4608 + 4096,
  });
  // 33 tokens take two blocks of codes, and one group of scales, per channel.
  expect(codedRowsBytes(rowCodec("int2-k-channel-v-token"), SHAPE, 33)).toBe(
    4 * (2 * 2 * 64 + 64 + 33 * 2 * 2 + 33),
  );
});

test("a block's codes are one number, lowest word first", () => {
  const codes = Array.from({ length: 32 }, (_, i) => (i * 5 + 7 * (i >> 3)) % 8);
  const shape = { kvHeads: 1, headDim: 32 };
  const int3 = rowCodec("int3-k-channel-v-token");
  const row = rowsOf(Float32Array.from([...new Array<number>(32).fill(0), ...codes]));
  const { valueCodes } = codedRowsLayout(int3, shape, 1);
  const block = quantizeRows(int3, row, shape, RUN).slice(valueCodes, valueCodes + 12);
  const number = [...block].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  expect(codes.map((_, i) => Number((number >> BigInt(3 * i)) & 7n))).toEqual(codes);
});

// The stored format, and the names in which it is stored. If one of these fails, what released versions
// saved no longer decodes: give the new encoding a new name, do not edit the expectation.
describe("frozen", () => {
  test("names and what they mean", () => {
    const described = CODECS.map(
      ({ name, bits, group, hadamard, unrope }) =>
        `${name} ${bits} ${group}${hadamard ? " H" : ""}${unrope ? " R" : ""}`,
    );
    expect(described).toEqual([
      "int8-k-channel-v-token 8 64",
      "int4-k-channel-v-token 4 64",
      "int3-k-channel-v-token 3 64",
      "int2-k-channel-v-token 2 64",
      "int4-hadamard-k-channel-v-token 4 64 H",
      "int3-hadamard-k-channel-v-token 3 64 H",
      "int2-hadamard-k-channel-v-token 2 64 H",
      "int8-unrope-k-channel-v-token 8 64 R",
      "int4-unrope-k-channel-v-token 4 64 R",
      "int3-unrope-k-channel-v-token 3 64 R",
      "int2-unrope-k-channel-v-token 2 64 R",
      "int4-unrope-hadamard-k-channel-v-token 4 64 H R",
      "int3-unrope-hadamard-k-channel-v-token 3 64 H R",
      "int2-unrope-hadamard-k-channel-v-token 2 64 H R",
    ]);
  });

  test("bytes of two tokens of one head of four channels", () => {
    const shape = { kvHeads: 1, headDim: 4, frequencies: [1, 0.01] };
    const original = rowsOf(
      Float32Array.of(1, -2, 0.5, 3, 0.25, 0, -1, 7, 1.5, -2, 0.75, -3, 8, 4, 2, 1),
    );
    const hex = (codec: RowCodec) =>
      Buffer.from(quantizeRows(codec, original, shape, { start: 5, skip: 0 })).toString("hex");
    expect(hex(rowCodec("int3-k-channel-v-token"))).toBe(
      "380000000000000038000000070000000000000000000000000000000000000000000000000000000000000000000000922c003c000000c092280038db3a00c2090e000000000000000000005f0000000000000000000000923c00bc003c003c",
    );
    expect(hex(rowCodec("int8-k-channel-v-token"))).toBe(
      "00ff00000000000000ff0000ff000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000418003c000000c004140038062600c2282000ff00000000000000000000000000000000000000000000000000000000ff6d240000000000000000000000000000000000000000000000000000000000042800bc0727003c",
    );
    expect(hex(rowCodec("int4-unrope-hadamard-k-channel-v-token"))).toBe(
      "0f000000f0000000f00000000f00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000028315dbd243480b180333ec28a30dbb422f000000000000000000000000000006f020000000000000000000000000000443800bc7737003c",
    );
  });
});
