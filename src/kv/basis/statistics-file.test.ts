import { describe, expect, test } from "vitest";
import { seededRandom } from "../../linalg/matrix.ts";
import { firstSketch, type SideStatistics } from "./side-statistics.ts";
import { decodeLearnedRows, encodeLearnedRows, type LearnedRows } from "./statistics-file.ts";

const random = seededRandom(4);
const numbers = (length: number) => Float32Array.from({ length }, random);

/** A product as the GPU leaves it: below the diagonal nothing counts, here 0. */
function exact(channels: number): SideStatistics {
  const products = numbers(channels * channels).map((value, at) =>
    at % channels < Math.floor(at / channels) ? 0 : value,
  );
  return { tokens: 70, reference: numbers(channels), sums: numbers(channels), products };
}

function sketched(channels: number, sketch: Float32Array): SideStatistics {
  const products = numbers(sketch.length);
  return { tokens: 70, reference: numbers(channels), sums: numbers(channels), products, sketch };
}

const LEARNED: LearnedRows = {
  groups: [
    [exact(6), exact(6)],
    [sketched(12, firstSketch(12, 4)), sketched(12, numbers(48))],
  ],
  queries: { sums: Float64Array.from(numbers(9)), tokens: 33 },
};

describe("learned rows", () => {
  test("come back as they were, with and without queries", () => {
    expect(decodeLearnedRows(encodeLearnedRows(LEARNED))).toEqual(LEARNED);
    const { groups } = LEARNED;
    expect(decodeLearnedRows(encodeLearnedRows({ groups }))).toEqual({ groups });
  });

  test("from a part of a buffer", () => {
    const bytes = encodeLearnedRows(LEARNED);
    const shifted = new Uint8Array(bytes.length + 2);
    shifted.set(bytes, 2);
    expect(decodeLearnedRows(shifted.subarray(2))).toEqual(LEARNED);
  });

  test("neither half of a matrix nor a sketch that is known is written", () => {
    const words = 5 + 2 * 6 + 9 + 2 * (12 + 21) + 2 * (24 + 48) + 48;
    expect(encodeLearnedRows(LEARNED).length).toBe(4 * words);
  });

  test("refuses anything else", () => {
    const bytes = encodeLearnedRows(LEARNED);
    const changed = (word: number, value: number) => {
      const copy = bytes.slice();
      new Uint32Array(copy.buffer)[word] = value;
      return copy;
    };
    expect(decodeLearnedRows(new Uint8Array())).toBeUndefined();
    expect(decodeLearnedRows(bytes.subarray(0, bytes.length - 4))).toBeUndefined();
    expect(decodeLearnedRows(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
    // Magic, version, groups, queries, channels, vectors, a number that is none.
    for (const word of [0, 1, 2, 4, 6, 7]) {
      expect(decodeLearnedRows(changed(word, 0xffff_ffff))).toBeUndefined();
      expect(decodeLearnedRows(changed(word, 7))).toBeUndefined();
    }
    expect(decodeLearnedRows(changed(30, 0x7fc0_0000))).toBeUndefined();
  });
});
