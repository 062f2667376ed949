import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { PERF_MODELS } from "./perf-models.ts";
import { mergeReports, type FirstVisitRow, type PerfReport, type PerfRow } from "./perf-rows.ts";
import { perfPage } from "./perf-page.ts";
import { today } from "../../../scripts/bench/report.ts";

/** A report of what was measured on this machine today. */
export function perfReport(
  {
    rows = [],
    firstVisits = [],
    models = PERF_MODELS,
  }: Partial<Pick<PerfReport, "models">> & { rows?: PerfRow[]; firstVisits?: FirstVisitRow[] },
  { adapter, browser }: Pick<PerfReport, "adapter" | "browser">,
): PerfReport {
  const date = today();
  const all = cpus();
  const machine = `${all[0]?.model.trim() ?? "unknown CPU"} × ${String(all.length)}`;
  return {
    machine,
    adapter,
    browser,
    date,
    models,
    rows: rows.map((row) => ({ ...row, date })),
    firstVisits: firstVisits.map((row) => ({ ...row, date })),
  };
}

/** Reads the report in a folder. Undefined if nothing was measured yet. */
export function readPerfReport(folder: string): PerfReport | undefined {
  const path = join(folder, "perf.json");
  if (!existsSync(path)) return undefined;
  // Older reports know of no first visits.
  const none: Pick<PerfReport, "firstVisits"> = { firstVisits: [] };
  return { ...none, ...(JSON.parse(readFileSync(path, "utf8")) as PerfReport) };
}

/** Adds rows to those in the folder's `perf.json`, and plots all of them in its `perf.html`. */
export function writePerfReport(folder: string, now: PerfReport): PerfReport {
  const report = mergeReports(readPerfReport(folder), now);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "perf.json"), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, "perf.html"), perfPage(report));
  return report;
}
