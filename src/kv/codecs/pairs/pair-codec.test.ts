import { describe, expect, test } from "vitest";
import { halfValue } from "../../../../shaders/exact-f16.ts";
import { groupsOf, placeOfNumber } from "../../../../shaders/rows/coded-layout.ts";
import type { RowPair } from "../../../../shaders/pairs/merged-layout.ts";
import { decodeFloats, encodeFloats } from "../../../shared/number-formats.ts";
import { bytesOf, codesOf, mergeRows } from "./merge-rows.ts";
import {
  decodePair,
  encodePair,
  pairLayout,
  type PairCode,
  type PairFormat,
} from "./pair-codec.ts";
import { rowCodec } from "../rows/row-codec.ts";

const SHAPE = { kvHeads: 2, headDim: 32 };
const CHANNELS = 64;
const ROW = 2 * CHANNELS;
const TOKENS = 128;
const SKIP = 4;
/** Half a unit in the last place of an f16, relative. */
const ROUNDING = 2 ** -11;

const PLAIN: readonly PairCode[] = [
  "f16",
  ...(["int8-k-channel-v-token", "int4-k-channel-v-token", "int3-k-channel-v-token"] as const).map(
    rowCodec,
  ),
];
const HADAMARD = rowCodec("int4-hadamard-k-channel-v-token");
const nameOf = (code: PairCode) => (code === "f16" ? code : `int${code.bits}`);
const PRECONDITIONED = { code: HADAMARD, name: "int4, Hadamard" };

const floatsOf = (rows: Uint16Array<ArrayBuffer>) => decodeFloats(bytesOf(rows), "f16");
const rowsOf = (values: Float32Array) => codesOf(encodeFloats(values, "f16"));

/** Linear congruential, in [-1, 1): the same numbers everywhere. */
function* randoms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/**
 * Rows of two layers: channels of different size and centre, the second layer half as large again and
 * off by `noise` of each number's size; each tenth token by all of it.
 */
function rowsOfPair(noise: number, seed = 1): RowPair {
  const next = randoms(seed);
  const random = (size: number) => size * next.next().value;
  const size = (i: number) => 2 ** ((i % 7) - 4);
  const keep = Float32Array.from(
    { length: TOKENS * ROW },
    (_, i) => random(size(i)) + size(i) * (i % 3),
  );
  const share = keep.map((x, i) => {
    const off = Math.floor(i / ROW) % 10 === 9 ? 3 : noise;
    return 1.5 * (x + random(off * size(i)));
  });
  return [rowsOf(keep), rowsOf(share)];
}

const roundTrip = (format: PairFormat, pair: RowPair): RowPair =>
  decodePair(format, encodePair(format, pair, SHAPE, SKIP), SHAPE, TOKENS);

/** How far each direction's number may be from what it was: half a step. See row-codec.test.ts. */
function halfSteps(code: PairCode, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const bounds = new Float32Array(TOKENS * ROW);
  if (code === "f16") return bounds;
  const words = new Uint32Array(bytes.slice().buffer);
  for (const group of groupsOf(code, SHAPE, TOKENS)) {
    const half = halfValue(words[group.scale] ?? NaN) / 2;
    for (let i = 0; i < group.length; i++) {
      const place = placeOfNumber(group, CHANNELS, i);
      const at = Math.floor(place / CHANNELS) * ROW + (place % CHANNELS);
      bounds[group.isKey ? at : at + CHANNELS] = Math.max(half, 2 ** code.bits * 2 ** -25);
    }
  }
  return bounds;
}

/** The length of the vector that number `i` belongs to. */
function lengthAt(numbers: Float32Array, i: number): number {
  const first = i - (i % SHAPE.headDim);
  return Math.hypot(...numbers.subarray(first, first + SHAPE.headDim));
}

const mergedOf = ([keep, share]: RowPair) =>
  mergeRows([bytesOf(keep), bytesOf(share)], { ...SHAPE, tokens: TOKENS }, { skip: SKIP });

/** The most by which a number exceeds what is allowed; not above 0 if none does. Skipped ones do not count. */
const excess = (numbers: Float32Array, over: (i: number, x: number) => number): number =>
  numbers.reduce((most, x, i) => (i < SKIP * ROW ? most : Math.max(most, over(i, x))), -Infinity);

describe.each(PLAIN.map((code) => ({ code, name: nameOf(code) })))("$name", ({ code }) => {
  test("a number is as far off as its direction, half a step of that, and roundings; or kept", () => {
    const pair = rowsOfPair(0.2);
    const back = roundTrip({ code }, pair);
    const { directions, keptTokens } = mergedOf(pair);
    const shared = decodeFloats(directions, "f16");
    const steps = halfSteps(code, encodePair({ code }, pair, SHAPE, SKIP));
    const kept = new Set(keptTokens);
    pair.forEach((rows, layer) => {
      const own = floatsOf(rows);
      const far = (i: number, x: number): number => {
        const error = Math.abs(x - (own[i] ?? NaN));
        if (kept.has(Math.floor(i / ROW))) return error;
        const length = lengthAt(own, i);
        const direction = length * (shared[i] ?? NaN);
        const step = length * (steps[i] ?? NaN);
        // Direction, its decoding, magnitude and product are rounded.
        const rounding = 4 * ROUNDING * (Math.abs(direction) + step) + 2 ** -24;
        return error - (Math.abs((own[i] ?? NaN) - direction) + step + rounding);
      };
      expect(excess(floatsOf(back[layer === 0 ? 0 : 1]), far)).toBeLessThanOrEqual(0);
    });
  });

  test("what was decoded once keeps the same tokens, and moves by a step at most", () => {
    const once = roundTrip({ code }, rowsOfPair(0.2));
    const twice = roundTrip({ code }, once);
    expect(mergedOf(once).keptTokens).toEqual(mergedOf(rowsOfPair(0.2)).keptTokens);
    const steps = halfSteps(code, encodePair({ code }, once, SHAPE, SKIP));
    once.forEach((rows, layer) => {
      const first = floatsOf(rows);
      const moved = (i: number, x: number) =>
        Math.abs(x - (first[i] ?? NaN)) -
        lengthAt(first, i) * 2 * (steps[i] ?? NaN) -
        6 * ROUNDING * Math.abs(x) -
        2 ** -24;
      expect(excess(floatsOf(twice[layer === 0 ? 0 : 1]), moved)).toBeLessThanOrEqual(0);
    });
  });

  test("what only sinks hold changes nothing of the others, which are all that is kept", () => {
    const loud = rowsOfPair(0.2);
    loud[0].fill(0x7bff, 0, SKIP * ROW);
    loud[1].fill(0xfbff, 0, SKIP * ROW);
    const rest = (pair: RowPair) => roundTrip({ code }, pair).map((rows) => rows.slice(SKIP * ROW));
    expect(rest(loud)).toEqual(rest(rowsOfPair(0.2)));
    expect(mergedOf(loud).keptTokens.every((token) => token >= SKIP)).toBe(true);
  });
});

describe("attention over decoded rows", () => {
  test.each([...PLAIN.map((code) => ({ code, name: nameOf(code) })), PRECONDITIONED])(
    "$name: as close as the layers are, and its bits",
    ({ code }) => {
      for (const noise of [0, 0.1, 0.2]) {
        const pair = rowsOfPair(noise, 5);
        // Every token that is far off is kept.
        const back = roundTrip({ code, keptShare: 0.1 }, pair);
        const errors = pair.map((rows, layer) => {
          const exact = attended(floatsOf(rows));
          const coded = attended(floatsOf(back[layer === 0 ? 0 : 1]));
          return Math.hypot(...exact.map((x, i) => x - (coded[i] ?? NaN))) / Math.hypot(...exact);
        });
        const bits = code === "f16" ? 9 : code.bits;
        // Measured: an eighth of the noise, and 0.4 to 2.1 times 2^-bits.
        expect(Math.max(...errors)).toBeLessThan(noise / 6 + 2.2 * 2 ** -bits);
      }
    },
  );
});

/** The attention output of a fixed query in each head: Σ softmax(q·k)·v. */
function attended(numbers: Float32Array): number[] {
  const { kvHeads, headDim } = SHAPE;
  const next = randoms(9);
  return Array.from({ length: kvHeads }, (_, head) => {
    const query = Array.from({ length: headDim }, () => next.next().value / 4);
    const at = (token: number, half: number) => {
      const first = (2 * token + half) * CHANNELS + head * headDim;
      return numbers.subarray(first, first + headDim);
    };
    // The first tokens are stored elsewhere.
    const weights = Array.from({ length: TOKENS - SKIP }, (_, i) =>
      Math.exp(at(SKIP + i, 0).reduce((sum, k, d) => sum + k * (query[d] ?? NaN), 0)),
    );
    const total = weights.reduce((a, b) => a + b);
    return Array.from({ length: headDim }, (_, d) =>
      weights.reduce((sum, w, i) => sum + (w / total) * (at(SKIP + i, 1)[d] ?? NaN), 0),
    );
  }).flat();
}

test("Hadamard codes do not spoil what is kept, and come close to the rest", () => {
  const pair = rowsOfPair(0.2);
  const exact = roundTrip({ code: "f16" }, pair);
  const back = roundTrip({ code: HADAMARD }, pair);
  const { keptTokens } = mergedOf(pair);
  back.forEach((rows, layer) => {
    const own = pair[layer === 0 ? 0 : 1];
    for (const token of keptTokens)
      expect(rows.slice(token * ROW, (token + 1) * ROW)).toEqual(
        own.slice(token * ROW, (token + 1) * ROW),
      );
    // Measured: 0.08.
    const [near, numbers] = [floatsOf(exact[layer === 0 ? 0 : 1]), floatsOf(rows)];
    const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
    const missed = numbers.map((x, i) => x - (near[i] ?? NaN)).slice(SKIP * ROW);
    expect(Math.sqrt(square(missed) / square(near.slice(SKIP * ROW)))).toBeLessThan(0.1);
  });
});

test("sizes: for Pip's chunk, and where nothing or everything is kept", () => {
  const code = rowCodec("int4-k-channel-v-token");
  const directions = 128 * 72;
  const magnitudes = 128 * 2 * 2 * 4;
  expect(pairLayout({ code }, SHAPE, 128)).toEqual({
    kept: 7,
    magnitudes: directions,
    keptTokens: directions + magnitudes,
    keptRows: directions + magnitudes + 7 * 4,
    bytes: directions + magnitudes + 7 * 4 + 2 * 7 * 256,
  });
  expect(pairLayout({ code: "f16", keptShare: 0 }, SHAPE, 128).bytes).toBe(128 * 256 + magnitudes);
  const pair = rowsOfPair(0.2);
  const all = { code, keptShare: 1 };
  expect(roundTrip(all, pair)).toEqual(pair);
  expect(encodePair(all, pair, SHAPE, 0)).toHaveLength(pairLayout(all, SHAPE, 128).bytes);
  expect(() => decodePair(all, new Uint8Array(8), SHAPE, 128)).toThrow("8 bytes");
  expect(() => pairLayout({ code, keptShare: 1.5 }, SHAPE, 128)).toThrow("no");
});

// The stored format. If this fails, what released versions saved no longer decodes: give the new format a
// new name, do not edit the expectation.
describe("frozen: bytes of two tokens of one head of four channels", () => {
  const shape = { kvHeads: 1, headDim: 4 };
  // The first token's keys and values differ in length alone; the second's keys are at a right angle.
  const keep = rowsOf(Float32Array.of(3, 4, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0));
  const share = rowsOf(Float32Array.of(6, 8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0));
  const wordsOf = (code: PairCode) => {
    const bytes = encodePair({ code, keptShare: 0.5 }, [keep, share], shape, 0);
    return [...new Uint32Array(bytes.buffer)].map((word) => word.toString(16));
  };
  // Magnitudes 5 and 10, 1 and 2, 1 and 1, 2 and 2; token 1 is kept; either layer's second token.
  const rest = [
    ...["49004500", "40003c00", "3c003c00", "40004000", "1"],
    ...["3c00", "0", "4000", "0", "3c000000", "0", "4000", "0"],
  ];

  test("f16", () => {
    // 0.6, 0.8; 0, 1; halfway between (1, 0) and (0, 1); 1, 0.
    const directions = ["3a6638cd", "0", "3c000000", "0", "39a839a8", "0", "3c00", "0"];
    expect(wordsOf("f16")).toEqual([...directions, ...rest]);
  });

  test("int4", () => {
    const words = wordsOf(rowCodec("int4-k-channel-v-token"));
    expect(words.slice(-rest.length)).toEqual(rest);
    const zeros = (count: number) => new Array<string>(count).fill("0");
    // Of keys, 0.6 and 0.707, then 0.8 and 0.707, to 0 and 15; of values, 0 and 1.
    const keys = ["f0", "f", ...zeros(14), "38cd1f4d", "39a81e55", "0", "0"];
    const values = ["f0", "0", "0", "0", "f", "0", "0", "0", "2c44", "2c44"];
    expect(words.slice(0, -rest.length)).toEqual([...keys, ...values]);
  });
});
