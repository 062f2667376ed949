import { expect, test } from "vitest";
import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { evaluationDocument, evaluationTables, summariseScheme } from "./evaluation-table.ts";
import { mergedRows } from "./merged-rows.ts";

const ROW: EvaluatedRow = {
  model: "tiny",
  text: "a",
  kind: "chat",
  scheme: "uniform int4",
  tokens: 200,
  exactBytes: 2000,
  codedTokens: 100,
  codedBytes: 250,
  wholeBytes: 1300,
  encodeMs: 1,
  decodeMs: 2,
  decodeMultiplications: 1_500_000,
  prefillMs: 80,
  basisBytes: 0,
  pairs: [],
  positions: 64,
  meanKl: 0.002,
  p95Kl: 0.01,
  top1: 0.9,
  flips: [0.1, 0.05, 0.02, 0],
};

test("ratios are of the bytes of all texts, losses are means over texts", () => {
  const other = {
    ...ROW,
    text: "b",
    exactBytes: 4000,
    codedBytes: 750,
    wholeBytes: 3700,
    meanKl: 0.004,
  };
  const summary = summariseScheme([ROW, other]);
  expect(summary).toMatchObject({ texts: 2, coded: 3, whole: 1.2, flips: [0.1, 0.05, 0.02, 0] });
  expect(summary.meanKl).toBeCloseTo(0.003, 9);
  expect(summary.decode).toBeCloseTo(0.05, 9);
});

test("there is a line for each scheme, and a column for each kind of text", () => {
  const code = { ...ROW, kind: "code" as const, scheme: "uniform int3", meanKl: 0.00002 };
  const lines = evaluationTables([ROW, code]).split("\n");
  expect(lines).toContain(
    "| uniform int4 | 1 | 4.0 | 1.5 | 0.0020 | 0.0100 | 0.900 | 0.050 | 0.020 | 0.000 | 0.050 | 1.5 |  |",
  );
  expect(lines).toContain("| scheme | chat | code |");
  expect(lines).toContain("| uniform int3 |  | 4.0 (1.5) · 0.000020 · 0.90 |");
});

test("a later row takes the place of the same model's, text's and scheme's", () => {
  const later = { ...ROW, meanKl: 1 };
  const other = { ...ROW, scheme: "uniform int3" };
  expect(mergedRows([ROW, other], [later, { ...ROW, model: "other" }])).toEqual([
    later,
    other,
    { ...ROW, model: "other" },
  ]);
});

test("the document has the tables of each model", () => {
  const text = evaluationDocument([ROW, { ...ROW, model: "large", text: "b" }], "2026-01-02");
  expect(text).toContain("#### tiny");
  expect(text).toContain(
    "`npm run evaluate`: large, 1 texts, 64 judged positions each, 2026-01-02.",
  );
  expect(text.match(/^\| uniform int4 /gm)).toHaveLength(4);
});

test("what merging leaves is told where layers were merged", () => {
  const pair = {
    keep: 1,
    share: 2,
    keyCosine: 0.5,
    valueCosine: 0,
    keyError: 0.3,
    valueError: 0.6,
  };
  const lines = evaluationTables([ROW, { ...ROW, scheme: "Krul, 1 pair", pairs: [pair] }]).split(
    "\n",
  );
  expect(lines).toContain("| Krul, 1 pair | 0.50 | 0.00 | 0.30 | 0.60 |");
  expect(lines.filter((line) => line.startsWith("| uniform int4"))).toHaveLength(2);
});
