import { expect, test } from "vitest";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";
import { fitLinearMap, type LinearMap } from "./linear-map.ts";
import {
  mergeRows,
  sharedRowsBytes,
  unmergeRows,
  type LayerRowsShape,
} from "../../kv/codecs/pairs/merge-rows.ts";
import {
  aliasMerge,
  f16Coder,
  mergeByPart,
  predictedMerge,
  separateMerge,
  slerpMerge,
  type ReferenceCoder,
} from "./row-merges.ts";

type RowBytes = Uint8Array<ArrayBuffer>;

const SHAPE: LayerRowsShape = { tokens: 40, kvHeads: 2, headDim: 8 };
const KEYS: LayerRowsShape = { ...SHAPE, parts: ["keys"] };
/** Numbers of a token's keys. */
const CHANNELS = 16;
const LAYER_BYTES = 40 * 2 * CHANNELS * 2;
/** Relative error of rounding to f16: half a unit in the last place. */
const ROUNDING = 2 ** -11;

const rowsOf = (values: ArrayLike<number>): RowBytes =>
  encodeFloats(Float32Array.from(values), "f16");
const numbers = (rows: RowBytes): number[] => [...decodeFloats(rows, "f16")];

/** Random rows of numbers from -1 to 1. */
function randomRows(seed: number): RowBytes {
  let state = seed;
  return rowsOf(
    Array.from({ length: 40 * 2 * CHANNELS }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 31 - 1;
    }),
  );
}

const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const minus = (a: number[], b: number[]) => a.map((x, i) => x - (b[i] ?? NaN));

const [a, b, c] = [randomRows(1), randomRows(2), randomRows(3)];
/** A coder that rounds to eighths, and says that it takes an eighth of the bytes and a header. */
const coarse: ReferenceCoder = (rows) => ({
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

test("slerp: a coder takes the directions alone, of kept tokens too", () => {
  const merged = mergeRows([a, b], SHAPE);
  const { bytes, layers } = slerpMerge({}, coarse).merge([a, b], SHAPE);
  const directions = coarse(merged.directions, SHAPE);
  expect(bytes).toBe(sharedRowsBytes(merged) - merged.directions.length + directions.bytes);
  expect(layers).toEqual(unmergeRows({ ...merged, directions: directions.rows }));
  expect(slerpMerge({ keptShare: 1 }, coarse).merge([a, b], SHAPE).layers).toEqual([a, b]);
  expect(() => slerpMerge().merge([a, b, c], SHAPE)).toThrow("two layers");
});

test("predicted: an exactly linear partner comes back for nothing", () => {
  const inputs = decodeFloats(a, "f16");
  const halves = rowsOf(inputs.map((x) => x / 2));
  const outputs = decodeFloats(halves, "f16");
  const map = fitLinearMap([{ tokens: 40, inputs, outputs }], 1e-9);
  const { bytes, layers } = predictedMerge([map]).merge([a, halves], SHAPE);
  expect([bytes, layers[0]]).toEqual([LAYER_BYTES, a]);
  const predicted = layers.slice(1).flatMap(numbers);
  // Numbers below 1 are rounded to f16, and f32 has an error of its own.
  expect(largest(minus(numbers(halves), predicted).map(Math.abs))).toBeLessThan(2 * ROUNDING);
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
  const part = (rows: RowBytes, which: 0 | 1) =>
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
