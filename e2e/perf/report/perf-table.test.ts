import { expect, test } from "vitest";
import { formatMeasurements } from "../../../scripts/bench/measurements-document.ts";
import { perfTable } from "./perf-table.ts";
import { firstVisit, perfReportOf, perfRow } from "./perf-testing.ts";

const REPORT = perfReportOf(
  perfRow({ scheme: "recompute", codec: "exact" }, 14_000, 12_000, 13_000),
  perfRow({ scheme: "load" }, 2600),
  perfRow({ scheme: "load", codec: "balanced: f16 + int3" }, 650),
  perfRow({ scheme: "load", throttle: "slow store", tokens: 512 }, 4000),
  perfRow({ scheme: "load", tokens: 256, date: "2026-11-01" }, 1),
);

test("of the longest conversation: medians, and what part of computing everything they are", async () => {
  expect(await formatMeasurements(perfTable(REPORT))).toBe(`\
\`npm run perf\`: first token of an answer that is asked for at once, medians, and in brackets over that of computing everything again. CPU × 2, swiftshader, Chromium 156, 2026-11-26.

| conversation      | throttle   | start | stored   | recompute  | load          |
| ----------------- | ---------- | ----- | -------- | ---------- | ------------- |
| pip, 1,920 tokens | none       | cold  | exact    | 13.0 s (1) | 2.6 s (0.20)  |
| pip, 1,920 tokens | none       | cold  | balanced |            | 650 ms (0.05) |
| pip, 512 tokens   | slow store | cold  | exact    |            | 4.0 s         |
`);
});

test("a first visit is a sentence below the table", () => {
  const report = { ...REPORT, firstVisits: [firstVisit("2026-11-26", 2100, 1900, 2600)] };
  expect(perfTable(report).split("\n").slice(-2)).toEqual([
    "",
    "First visit, with nothing in the browser's caches and a message that is sent at once: pip is ready after 900 ms, " +
      "and its first token comes after 2.1 s (1.9 s to 2.6 s in 3 visits, 2026-11-26).",
  ]);
});

test("of a model's file, every length", () => {
  const model = "x.gguf";
  const rows = [256, 512].map((tokens) => perfRow({ model, tokens }, tokens));
  expect(
    perfTable(perfReportOf(...rows))
      .split("\n")
      .slice(-2),
  ).toEqual([
    "| x.gguf, 256 tokens | none | cold | exact | 256 ms |",
    "| x.gguf, 512 tokens | none | cold | exact | 512 ms |",
  ]);
});
