import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFloats, encodeFloats, f32ToF16 } from "../shared/number-formats.ts";
import { fitLinearMap, type LinearMap } from "./linear-map.ts";
import * as merging from "./merge-rows.ts";

const { aliasMerge, mergeByPart, predictedMerge } = merging;
const { encodeSharedRows, mergeRows, separateMerge, sharedRowsBytes, slerpMerge } = merging;
const { f16Coder, unmergeRows } = merging;

type Rows = Uint8Array<ArrayBuffer>;
type Pair = readonly [Rows, Rows];

const SHAPE: merging.LayerRowsShape = { tokens: 40, kvHeads: 2, headDim: 8 };
const KEYS: merging.LayerRowsShape = { ...SHAPE, parts: ["keys"] };
/** Of a token's keys. */
const CHANNELS = 16;
const LAYER_BYTES = 40 * 2 * CHANNELS * 2;
const NONE_KEPT = { keptShare: 0 };
/** Half a unit in the last place of an f16, relative. */
const ROUNDING = 2 ** -11;

const rowsOf = (values: ArrayLike<number>): Rows => encodeFloats(Float32Array.from(values), "f16");
const numbers = (rows: Rows): number[] => [...decodeFloats(rows, "f16")];

/** From -scale to scale. */
function randomValues(seed: number, count: number, scale = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}
const randomRows = (seed: number, tokens = 40): Rows =>
  rowsOf(randomValues(seed, tokens * 2 * CHANNELS));
const anyPair = (seed: number): Pair => [randomRows(seed), randomRows(~seed)];

function forAnyPair(check: (pair: Pair, share: number) => void): void {
  const anyShare = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.property(fc.nat(1e6), anyShare, (seed, share) => check(anyPair(seed), share));
  fc.assert(property, { numRuns: 30 });
}

const vectorsOf = (rows: Rows): number[][] =>
  Array.from({ length: rows.length / 16 }, (_, i) => numbers(rows.slice(i * 16, (i + 1) * 16)));
const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);
const norm = (a: number[]) => Math.sqrt(dot(a, a));
const minus = (a: number[], b: number[]) => a.map((x, i) => x - (b[i] ?? NaN));
const angle = (a: number[], b: number[]) =>
  Math.acos(Math.min(1, Math.max(-1, dot(a, b) / (norm(a) * norm(b)))));

/** Of any vector of any layer, relative to its length. */
function error(expected: readonly Rows[], actual: readonly Rows[]): number {
  const others = actual.flatMap(vectorsOf);
  const wanted = expected.flatMap(vectorsOf);
  return largest(wanted.map((v, i) => norm(minus(v, others[i] ?? [])) / norm(v)));
}

describe("directions", () => {
  const plane: merging.LayerRowsShape = { tokens: 1, kvHeads: 1, headDim: 2, parts: ["keys"] };
  /** What comes back of both layers of one token with one head of two channels. */
  const inPlane = (a: [number, number], b: [number, number], t = 0.5) =>
    unmergeRows(mergeRows([rowsOf(a), rowsOf(b)], plane, { t, ...NONE_KEPT })).flatMap(numbers);

  test.each([0, 0.25, 0.5, 1])("at %d of the arc they are that far, and lengths stay", (t) => {
    const [ax = NaN, ay = NaN, bx = NaN, by = NaN] = inPlane([3, 0], [0, 4], t);
    expect(Math.atan2(ay, ax)).toBeCloseTo((t * Math.PI) / 2, 3);
    expect(Math.atan2(by, bx)).toBeCloseTo((t * Math.PI) / 2, 3);
    expect(Math.hypot(ax, ay) / 3).toBeCloseTo(1, 2.5);
    expect(Math.hypot(bx, by) / 4).toBeCloseTo(1, 2.5);
  });

  test("antiparallel: the nearer end's, so that one layer is exact", () => {
    expect(inPlane([2, 1], [-4, -2])).toEqual(inPlane([2, 1], [4, 2]));
    expect(inPlane([2, 0], [-4, 0], 0.75)[2]).toBe(-4);
  });

  test("nearly parallel: as far as f16 can tell them apart", () => {
    const [, ay, , by] = inPlane([1, 2 ** -10], [1, 2 ** -9]);
    expect([ay, by]).toEqual([1.5 * 2 ** -10, 1.5 * 2 ** -10]);
  });

  test("a zero vector has none: the other layer's is exact, and zeros stay zeros", () => {
    expect(inPlane([0, 0], [0, 4])).toEqual([0, 0, 0, 4]);
    expect(inPlane([0.5, 0], [0, 0])).toEqual([0.5, 0, 0, 0]);
    expect(inPlane([0, 0], [0, 0])).toEqual([0, 0, 0, 0]);
  });

  test("a magnitude that f16 does not reach is the largest it has, not infinite", () => {
    for (const x of inPlane([65504, 65504], [65504, 65504]))
      expect(x / (65504 * Math.SQRT1_2)).toBeCloseTo(1, 2.5);
  });

  test("whatever the rows, the shared one lies between them", () => {
    forAnyPair((pair, t) => {
      const [a = [], b = []] = pair.map(vectorsOf);
      vectorsOf(mergeRows(pair, SHAPE, { t, ...NONE_KEPT }).directions).forEach((d, i) => {
        const [u, v] = [a[i] ?? [], b[i] ?? []];
        expect(angle(u, d)).toBeCloseTo(t * angle(u, v), 2);
        expect(angle(d, v)).toBeCloseTo((1 - t) * angle(u, v), 2);
        expect(Math.abs(norm(d) - 1)).toBeLessThan(ROUNDING);
      });
    });
  });
});

test("merging a layer with itself is exact up to f16's rounding", () => {
  forAnyPair(([rows]) => {
    // Rounded three times: the direction, the magnitude and their product.
    const back = unmergeRows(mergeRows([rows, rows], SHAPE, NONE_KEPT));
    expect(error([rows, rows], back)).toBeLessThan(3 * ROUNDING);
  });
});

test("magnitudes are the rows', to the last bit of an f16, and so long are the rows that come back", () => {
  forAnyPair((pair) => {
    const merged = mergeRows(pair, SHAPE, NONE_KEPT);
    const lengths = pair.map((rows) => vectorsOf(rows).map(norm));
    const interleaved = lengths[0]?.flatMap((length, i) => [length, lengths[1]?.[i] ?? NaN]);
    expect([...new Uint16Array(merged.magnitudes.buffer)]).toEqual(interleaved?.map(f32ToF16));
    unmergeRows(merged).forEach((rows, layer) => {
      const off = vectorsOf(rows).map((v, i) => norm(v) / (lengths[layer]?.[i] ?? NaN) - 1);
      expect(largest(off.map(Math.abs))).toBeLessThan(3 * ROUNDING);
    });
  });
});

describe("the most divergent tokens", () => {
  test("are those with the largest angle of any head, and come back bit for bit", () => {
    forAnyPair((pair, keptShare) => {
      const merged = mergeRows(pair, SHAPE, { keptShare });
      const kept = [...merged.keptTokens];
      const tokenOf = (rows: Rows, token: number) => rows.slice(token * 64, (token + 1) * 64);
      const divergence = Array.from({ length: 40 }, (_, token) => {
        const [a = [], b = []] = pair.map((rows) => vectorsOf(tokenOf(rows, token)));
        return largest(a.map((v, i) => angle(v, b[i] ?? [])));
      });
      const rest = divergence.filter((_, token) => !kept.includes(token));
      expect(kept).toEqual(kept.toSorted((a, b) => a - b));
      for (const token of kept) expect(divergence[token]).toBeGreaterThanOrEqual(largest(rest));
      unmergeRows(merged).forEach((rows, layer) => {
        const own = pair[layer] ?? rows;
        for (const token of kept) expect(tokenOf(rows, token)).toEqual(tokenOf(own, token));
      });
    });
  });

  test.each([
    { keptShare: 0, tokens: 40, count: 0 },
    { keptShare: 0.05, tokens: 41, count: 3 },
    { keptShare: 0.07, tokens: 100, count: 7 },
    { keptShare: 1, tokens: 40, count: 40 },
    { tokens: 100, count: 5 },
  ])("so many: %j", ({ tokens, count, ...options }) => {
    const pair: Pair = [randomRows(1, tokens), randomRows(2, tokens)];
    expect(mergeRows(pair, { ...SHAPE, tokens }, options).keptTokens).toHaveLength(count);
  });

  test("of equals the earlier ones; if all are kept, nothing is lost", () => {
    const [a, b] = anyPair(3);
    expect([...mergeRows([a, a], SHAPE, { keptShare: 0.05 }).keptTokens]).toEqual([0, 1]);
    expect(unmergeRows(mergeRows([a, b], SHAPE, { keptShare: 1 }))).toEqual([a, b]);
  });
});

test("applied again, it keeps the same tokens and moves the others by no more than rounding", () => {
  forAnyPair((pair) => {
    const first = mergeRows(pair, SHAPE);
    const once = unmergeRows(first);
    const second = mergeRows(once, SHAPE);
    expect(second.keptTokens).toEqual(first.keptTokens);
    expect(second.keptRows).toEqual(first.keptRows);
    expect(error(once, unmergeRows(second))).toBeLessThan(6 * ROUNDING);
  });
});

test("what RoPE has turned is merged to what merging and then turning gives", () => {
  /** The halves of a vector against each other, by an angle of token and channel. */
  const turned = (rows: Rows) =>
    rowsOf(
      vectorsOf(rows).flatMap((v, i) =>
        v.map((x, c) => {
          const by = Math.floor(i / 4) * 10 ** (-(c % 4) / 4);
          return x * Math.cos(by) + (c < 4 ? -1 : 1) * (v[(c + 4) % 8] ?? NaN) * Math.sin(by);
        }),
      ),
    );
  const [a, b] = anyPair(5);
  const after = unmergeRows(mergeRows([a, b], SHAPE, NONE_KEPT)).map(turned);
  const before = unmergeRows(mergeRows([turned(a), turned(b)], SHAPE, NONE_KEPT));
  // Turning rounds too, and between nearly opposite directions what is rounded grows.
  expect(error(after, before)).toBeLessThan(20 * ROUNDING);
});

test("bytes add up: a header, a direction for both, a magnitude each, what is kept twice", () => {
  const merged = mergeRows(anyPair(1), SHAPE, { keptShare: 0.1 });
  const sharedBytes = 36 * (2 * CHANNELS * 2 + 2 * 2 * 2 * 2);
  expect(sharedRowsBytes(merged)).toBe(4 + 4 * 4 + sharedBytes + 2 * 4 * 2 * CHANNELS * 2);
  expect(encodeSharedRows(merged)).toHaveLength(sharedRowsBytes(merged));
  expect(() => mergeRows([randomRows(1), new Uint8Array(8)], SHAPE)).toThrow("2560 bytes");
});

// A stored format. If this fails, values saved by released versions no longer decode.
test("golden bytes", () => {
  // The first token's keys and values differ in length alone; the second's keys are at a right angle.
  const pair: Pair = [rowsOf([3, 4, 0, 1, 1, 0, 2, 0]), rowsOf([6, 8, 0, 2, 0, 1, 2, 0])];
  const merged = mergeRows(pair, { tokens: 2, kvHeads: 1, headDim: 2 }, { keptShare: 0.5 });
  const hex = [...new Uint32Array(encodeSharedRows(merged).buffer)].map((word) =>
    word.toString(16),
  );
  // One token is kept: 1. Magnitudes 5 and 10, 1 and 2; directions 0.6, 0.8, 0, 1; either layer's second token.
  expect(hex.slice(0, 6)).toEqual(["1", "1", "49004500", "40003c00", "3a6638cd", "3c000000"]);
  expect(hex.slice(6)).toEqual(["3c00", "4000", "3c000000", "4000"]);
});

describe("ways to merge", () => {
  const [a, b, c] = [randomRows(1), randomRows(2), randomRows(3)];
  /** To eighths, which it says to take an eighth of the bytes and a header. */
  const coarse: merging.ReferenceCoder = (rows) => ({
    bytes: 100 + rows.length / 8,
    rows: rowsOf(numbers(rows).map((x) => Math.round(x * 8) / 8)),
  });
  const identity = (channels: number): LinearMap => ({
    weights: new Float32Array(channels ** 2).map((_, i) => (i % (channels + 1) === 0 ? 1 : 0)),
    bias: new Float32Array(channels),
  });

  test("separate, alias: every layer by itself, or the first for all", () => {
    const separate = { bytes: 3 * LAYER_BYTES, layers: [a, b, c] };
    expect(separateMerge().merge([a, b, c], SHAPE)).toEqual(separate);
    const alias = { bytes: LAYER_BYTES, layers: [a, a, a] };
    expect(aliasMerge().merge([a, b, c], SHAPE)).toEqual(alias);
    const coded = coarse(a, SHAPE).rows;
    expect(aliasMerge({ coder: coarse }).merge([a, b], SHAPE).layers[1]).toEqual(coded);
  });

  test("slerp: a coder takes the directions alone, and nothing where every token is kept", () => {
    const merged = mergeRows([a, b], SHAPE);
    const { bytes, layers } = slerpMerge({}, coarse).merge([a, b], SHAPE);
    const directions = coarse(merged.directions, SHAPE);
    expect(bytes).toBe(sharedRowsBytes(merged) - merged.directions.length + directions.bytes);
    expect(layers).toEqual(unmergeRows({ ...merged, directions: directions.rows }));
    const allKept = slerpMerge({ keptShare: 1 }, coarse).merge([a, b], SHAPE);
    expect(allKept).toEqual({ bytes: 4 + 4 * 40 + 2 * LAYER_BYTES, layers: [a, b] });
    expect(() => slerpMerge().merge([a, b, c], SHAPE)).toThrow("two layers");
  });

  test("predicted: an exactly linear partner comes back for nothing", () => {
    const inputs = decodeFloats(a, "f16");
    const halves = rowsOf(inputs.map((x) => x / 2));
    const outputs = decodeFloats(halves, "f16");
    const map = fitLinearMap([{ tokens: 40, inputs, outputs }], 1e-9);
    const { bytes, layers } = predictedMerge([map]).merge([a, halves], SHAPE);
    expect([bytes, layers[0]]).toEqual([LAYER_BYTES, a]);
    expect(error([halves], layers.slice(1))).toBeLessThan(3 * ROUNDING);
    expect(() => predictedMerge([map]).merge([a, b, c], SHAPE)).toThrow("no map for layer 2");
  });

  test("predicted: a residual makes up for what map and coder miss, at its own price", () => {
    const maps = [identity(2 * CHANNELS), identity(2 * CHANNELS)];
    const options = { coder: coarse, residual: f16Coder };
    const { bytes, layers } = predictedMerge(maps, options).merge([a, b, c], SHAPE);
    expect(bytes).toBe(100 + LAYER_BYTES / 8 + 2 * LAYER_BYTES);
    // A residual is 2 at most, so its rounding is 2^-10.
    const missed = minus([b, c].flatMap(numbers), layers.slice(1).flatMap(numbers));
    expect(largest(missed.map(Math.abs))).toBeLessThan(2 ** -9);
    const far = { ...identity(2 * CHANNELS), bias: new Float32Array(2 * CHANNELS).fill(1e6) };
    const lowest = rowsOf(new Float32Array(40 * 2 * CHANNELS).fill(-65504));
    for (const end of [{}, { residual: f16Coder }])
      for (const rows of predictedMerge([far], end).merge([a, lowest], SHAPE).layers)
        expect(numbers(rows).every(Number.isFinite)).toBe(true);
  });

  test("by part: keys one way, values another", () => {
    const merge = mergeByPart({ keys: slerpMerge(), values: separateMerge() });
    const { bytes, layers } = merge.merge([a, b], SHAPE);
    const part = (rows: Rows, which: 0 | 1) =>
      rowsOf(numbers(rows).filter((_, i) => Math.floor(i / CHANNELS) % 2 === which));
    const keys = mergeRows([part(a, 0), part(b, 0)], KEYS);
    expect([merge.name, bytes]).toEqual(["slerp/separate", sharedRowsBytes(keys) + LAYER_BYTES]);
    expect(layers.map((rows) => part(rows, 0))).toEqual(unmergeRows(keys));
    expect(layers.map((rows) => part(rows, 1))).toEqual([part(a, 1), part(b, 1)]);
  });

  const predictedPart = predictedMerge([identity(CHANNELS)]);
  test.each([
    separateMerge(),
    aliasMerge(),
    slerpMerge(),
    slerpMerge({}, coarse),
    mergeByPart({ keys: slerpMerge(), values: slerpMerge() }),
    mergeByPart({ keys: predictedPart, values: predictedPart }),
    predictedMerge([identity(2 * CHANNELS)], { residual: coarse }),
  ])("$name: leaves its input alone, answers the same twice, makes no NaN of zeros", (way) => {
    const { bytes, layers } = way.merge([a, b], SHAPE);
    expect([a, b]).toEqual([randomRows(1), randomRows(2)]);
    expect(layers.map(({ length }) => length)).toEqual([LAYER_BYTES, LAYER_BYTES]);
    expect(bytes).toBeLessThanOrEqual(2 * LAYER_BYTES);
    expect(way.merge([a, b], SHAPE)).toEqual({ bytes, layers });
    const zeros = new Uint8Array(LAYER_BYTES);
    const back = way.merge([zeros, zeros], SHAPE).layers.flatMap(numbers);
    expect(back.every((x) => x === 0)).toBe(true);
    const mixed = [way.merge([zeros, a], SHAPE), way.merge([a, zeros], SHAPE)];
    expect(mixed.flatMap((one) => one.layers.flatMap(numbers)).some(Number.isNaN)).toBe(false);
  });
});
