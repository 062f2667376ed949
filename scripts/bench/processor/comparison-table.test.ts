import { expect, test } from "vitest";
import { comparedRows, comparisonTable, median } from "./comparison-table.ts";
import type { Sample } from "./samples.ts";

const SAMPLE: Sample = {
  loadMs: 2000,
  cachedReadyMs: 1000,
  prefillShort: 200,
  prefillMiddle: 200,
  prefillLong: 150,
  decodeShort: 60,
  decodeLong: 50,
  afterReloadMs: 2500,
  memoryMiB: 600,
  tokens: { short: 64, middle: 512, long: 2200 },
  ranAfterReload: 20,
};

test("the median of an even number of values lies between the middle two", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
});

test("more tokens in a second are better, and so is less time and memory", () => {
  const theirs = { ...SAMPLE, decodeShort: 20, afterReloadMs: 80_000, memoryMiB: 1200 };
  const rows = comparedRows([SAMPLE], [theirs]);
  const factorOf = (start: string) => rows.find(({ what }) => what.startsWith(start))?.factor;
  expect(factorOf("decode after 64")).toBe(3);
  expect(factorOf("after a reload of 2,200 tokens")).toBe(32);
  expect(factorOf("memory")).toBe(2);
});

test("the table has a line for each of them", () => {
  const lines = comparisonTable(comparedRows([SAMPLE], [SAMPLE])).split("\n");
  expect(lines).toHaveLength(2 + 9);
  expect(lines).toContain("| decode after 64 tokens | 60 tokens/s | 60 tokens/s | 1.0 |");
});
