import { spreadOf, type DatedFirstVisit, type DatedRow, type PerfReport } from "./perf-rows.ts";

/** A row of Pip's. `ttftMs` are the samples of its time to first token. */
export function perfRow(of: Partial<DatedRow>, ...ttftMs: readonly number[]): DatedRow {
  return {
    model: "pip",
    scheme: "load",
    codec: "exact: f16",
    tokens: 1920,
    start: "cold",
    throttle: "none",
    readyMs: 90,
    bytesRead: 1e6,
    tokensRecomputed: 0,
    bubbleRatio: 0.5,
    predictedMs: 80,
    makespanMs: 85,
    date: "2026-11-26",
    ...of,
    ttftMs: spreadOf(ttftMs),
  };
}

export const perfReportOf = (...rows: readonly DatedRow[]): PerfReport => ({
  machine: "CPU × 2",
  adapter: "swiftshader",
  browser: "Chromium 156",
  date: "2026-11-26",
  models: { pip: { kvBytesPerToken: 3072, mflopPerToken: 8.5 } },
  rows,
  firstVisits: [],
});

export const firstVisit = (date: string, ...ttftMs: readonly number[]): DatedFirstVisit => ({
  model: "pip",
  readyMs: spreadOf([900]),
  ttftMs: spreadOf(ttftMs),
  date,
});
