import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFloats, encodeFloats, f32ToF16 } from "../../../shared/number-formats.ts";
import {
  mergeRows,
  sharedRowsBytes,
  unmergeRows,
  type LayerRowsShape,
  type RowBytes,
} from "./merge-rows.ts";

type Pair = readonly [RowBytes, RowBytes];

const SHAPE: LayerRowsShape = { tokens: 40, kvHeads: 2, headDim: 8 };
/** Of a token's keys. */
const CHANNELS = 16;
const NONE_KEPT = { keptShare: 0 };
/** Half a unit in the last place of an f16, relative. */
const ROUNDING = 2 ** -11;

const rowsOf = (values: ArrayLike<number>): RowBytes =>
  encodeFloats(Float32Array.from(values), "f16");
const numbers = (rows: RowBytes): number[] => [...decodeFloats(rows, "f16")];

/** Random rows, whose numbers are from -scale to scale. */
function randomValues(seed: number, count: number, scale = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}
const randomRows = (seed: number, tokens = 40): RowBytes =>
  rowsOf(randomValues(seed, tokens * 2 * CHANNELS));
const anyPair = (seed: number): Pair => [randomRows(seed), randomRows(~seed)];

function forAnyPair(check: (pair: Pair, share: number) => void): void {
  const anyShare = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.property(fc.nat(1e6), anyShare, (seed, share) => check(anyPair(seed), share));
  fc.assert(property, { numRuns: 30 });
}

const vectorsOf = (rows: RowBytes): number[][] =>
  Array.from({ length: rows.length / 16 }, (_, i) => numbers(rows.slice(i * 16, (i + 1) * 16)));
const largest = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);
const norm = (a: number[]) => Math.sqrt(dot(a, a));
const minus = (a: number[], b: number[]) => a.map((x, i) => x - (b[i] ?? NaN));
const angle = (a: number[], b: number[]) =>
  Math.acos(Math.min(1, Math.max(-1, dot(a, b) / (norm(a) * norm(b)))));

/** Of any vector of any layer, relative to its length. */
function error(expected: readonly RowBytes[], actual: readonly RowBytes[]): number {
  const others = actual.flatMap(vectorsOf);
  const wanted = expected.flatMap(vectorsOf);
  return largest(wanted.map((v, i) => norm(minus(v, others[i] ?? [])) / norm(v)));
}

describe("directions", () => {
  const plane: LayerRowsShape = { tokens: 1, kvHeads: 1, headDim: 2, parts: ["keys"] };
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
      const tokenOf = (rows: RowBytes, token: number) => rows.slice(token * 64, (token + 1) * 64);
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
  const turned = (rows: RowBytes) =>
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

test("sinks that are skipped are kept after all others, however divergent", () => {
  const [a, b] = anyPair(7);
  const opposite = rowsOf(numbers(a).map((x, i) => (i < 3 * 32 ? -x : (numbers(b)[i] ?? NaN))));
  const kept = (keptShare: number, skip: number) => [
    ...mergeRows([a, opposite], SHAPE, { keptShare, skip }).keptTokens,
  ];
  expect(kept(0.05, 0)).toEqual([0, 1]);
  expect(kept(0.05, 3).every((token) => token >= 3)).toBe(true);
  expect(kept(1, 3)).toHaveLength(40);
  expect(kept(38 / 40, 3)).toEqual([0, ...Array.from({ length: 37 }, (_, i) => i + 3)]);
});

test("bytes add up: a direction for both, a magnitude each, what is kept twice and its place", () => {
  const merged = mergeRows(anyPair(1), SHAPE, { keptShare: 0.1 });
  const sharedBytes = 40 * (2 * CHANNELS * 2 + 2 * 2 * 2 * 2);
  expect(sharedRowsBytes(merged)).toBe(sharedBytes + 4 * 4 + 2 * 4 * 2 * CHANNELS * 2);
  expect(() => mergeRows([randomRows(1), new Uint8Array(8)], SHAPE)).toThrow("2560 bytes");
});
