import { expect, test } from "vitest";
import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { QUALITY_BUDGETS } from "../../src/kv/quality/quality-guard.ts";
import { BUDGETS, budgetLines, pointAt } from "./budget-table.ts";

const rowOf = (step: number, meanKl: number, wholeBytes: number): EvaluatedRow => ({
  model: "tiny",
  text: "a",
  kind: "chat",
  scheme: `transform weights, groups of 2, step ${String(step)}`,
  tokens: 200,
  exactBytes: 1_000_000,
  codedTokens: 128,
  codedBytes: wholeBytes / 2,
  wholeBytes,
  encodeMs: 1,
  decodeMs: 1,
  decodeMultiplications: 4_000_000,
  prefillMs: 1,
  basisBytes: 0,
  pairs: [],
  positions: 64,
  meanKl,
  p95Kl: 0,
  top1: 1,
  flips: [],
});

test("between two steps bytes and KL are on a line, in logarithms", () => {
  const points = [
    { meanKl: 0.016, whole: 16, decodeMultiplications: 1 },
    { meanKl: 0.001, whole: 4, decodeMultiplications: 4 },
  ];
  expect(pointAt(points, 0.004)?.whole).toBeCloseTo(8, 9);
  expect(pointAt(points, 0.004)?.decodeMultiplications).toBeCloseTo(2, 9);
  expect(pointAt(points, 0.02)).toBeUndefined();
  expect(pointAt(points, 0.0005)).toBeUndefined();
});

test("a way of coding has a line for each level whose budget its steps are around", () => {
  const rows = [rowOf(10, 0.0025, 250_000), rowOf(40, 0.01, 62_500)];
  const int4 = { ...rowOf(1, 0.004, 300_000), scheme: "uniform int4" };
  const { headings, lines } = budgetLines([...rows, int4]);
  expect(headings).toEqual(["whole at KL", "level", "all", "chat", "multiplications, M"]);
  expect(lines).toEqual([
    ["transform weights, groups of 2", "balanced (0.005)", "8.0", "8.0", "4.0"],
  ]);
});

test("the budgets are the levels' own", () => {
  expect(BUDGETS.balanced).toBe(QUALITY_BUDGETS.balanced.maxMeanKl);
  expect(BUDGETS.compact).toBe(QUALITY_BUDGETS.compact.maxMeanKl);
});
