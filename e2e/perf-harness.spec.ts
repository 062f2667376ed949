import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { perfReport, writePerfReport } from "./perf/report/perf-report.ts";
import type { PerfReport } from "./perf/report/perf-rows.ts";
import { test } from "./pages/kept-test.ts";
import { browserOf, measureResume } from "./perf/measure-resume.ts";
import { converse } from "./perf/perf-conversations.ts";

test("the performance tests' smallest case measures what it says", async ({
  profile,
}, testInfo) => {
  const chat = await profile.start();
  const tokens = 256;
  const conversations = await converse(chat, "pip-4.7m", { tokens, stored: ["exact"] });
  const starts = ["cold", "warm"] as const;
  const visits = (["load", "recompute"] as const).map((scheme) => {
    return { stored: "exact", scheme, rounds: 1, starts } as const;
  });
  const asked = { model: "pip-4.7m", tokens, throttle: "none", visits } as const;
  const rows = await measureResume(chat, asked, conversations);

  const [load, warmLoad, recompute, warmRecompute] = rows;
  expect(rows.map(({ scheme, start }) => [scheme, start])).toEqual([
    ["load", "cold"],
    ["load", "warm"],
    ["recompute", "cold"],
    ["recompute", "warm"],
  ]);
  for (const row of [load, warmLoad]) {
    expect(row).toMatchObject({ model: "pip-4.7m", codec: "exact: f16", throttle: "none" });
    expect(row?.bytesRead).toBeGreaterThan(tokens * 3072);
    expect(row?.tokensRecomputed).toBe(0);
  }
  for (const row of [recompute, warmRecompute]) {
    expect(row).toMatchObject({ codec: "exact", bytesRead: 0 });
    expect(row?.tokensRecomputed).toBeGreaterThan(0.9 * tokens);
  }
  for (const { ttftMs, readyMs } of rows) {
    expect(ttftMs).toMatchObject({ n: 1, min: ttftMs.median, max: ttftMs.median });
    expect(ttftMs.median).toBeGreaterThan(readyMs);
  }

  const folder = testInfo.outputPath("report");
  writePerfReport(folder, perfReport({ rows }, await browserOf(chat)));
  writePerfReport(folder, perfReport({ rows: rows.slice(1) }, await browserOf(chat)));
  const written = JSON.parse(await readFile(`${folder}/perf.json`, "utf8")) as PerfReport;
  expect(written.adapter).not.toBe("unknown");
  expect(written.rows).toHaveLength(rows.length);
  for (const row of rows) expect(written.rows).toContainEqual({ ...row, date: written.date });
  const page = await readFile(`${folder}/perf.html`, "utf8");
  expect(page).toContain("<svg");
  expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
});
