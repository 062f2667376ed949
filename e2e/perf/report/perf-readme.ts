import { readFile, writeFile } from "node:fs/promises";
import { format, resolveConfig } from "prettier";
import { readPerfReport } from "./perf-report.ts";
import { perfTable, withPerfTable } from "./perf-table.ts";

const README = "README.md";

/** As the rest of the README is formatted. */
export async function formatTable(markdown: string): Promise<string> {
  return format(markdown, { ...(await resolveConfig(README)), parser: "markdown" });
}

/** Puts what `reports/perf.json` says into the README. */
export async function updateReadme(): Promise<void> {
  const report = readPerfReport("reports");
  if (!report) throw new Error("there is no reports/perf.json: npm run perf writes one");
  // First visits alone are no table: what was measured before stays.
  if (report.rows.length === 0) return;
  const table = await formatTable(perfTable(report));
  await writeFile(README, withPerfTable(await readFile(README, "utf8"), table));
  console.log(`the table in ${README} is that of reports/perf.json`);
}
