import { readFile, writeFile } from "node:fs/promises";
import { format, resolveConfig } from "prettier";
import { readPerfReport } from "./perf-report.ts";
import { perfTable, withPerfTable } from "./perf-table.ts";

const DOCUMENT = "docs/measurements.md";

/** Formats a table in the same way as the rest of the document. */
export async function formatTable(markdown: string): Promise<string> {
  return format(markdown, { ...(await resolveConfig(DOCUMENT)), parser: "markdown" });
}

/** Writes the results in `reports/perf.json` between the marks in the document. */
export async function updateMeasurements(): Promise<void> {
  const report = readPerfReport("reports");
  if (!report) throw new Error("there is no reports/perf.json: npm run perf writes one");
  // A report of first visits alone has no rows for a table, so the earlier table stays.
  if (report.rows.length === 0) return;
  const table = await formatTable(perfTable(report));
  await writeFile(DOCUMENT, withPerfTable(await readFile(DOCUMENT, "utf8"), table));
  console.log(`the table in ${DOCUMENT} is that of reports/perf.json`);
}
