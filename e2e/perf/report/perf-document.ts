import {
  formatMeasurements,
  writeBetweenMarks,
} from "../../../scripts/bench/measurements-document.ts";
import { isFile } from "./perf-models.ts";
import { readPerfReport } from "./perf-report.ts";
import { perfTable } from "./perf-table.ts";

/**
 * Writes the results in `reports/perf.json` into docs/measurements.md: those of models' files between marks of their own.
 * What was not measured on this machine stays as it is.
 */
export async function updateMeasurements(): Promise<void> {
  const report = readPerfReport("reports");
  if (!report) throw new Error("there is no reports/perf.json: npm run perf writes one");
  const ofFiles = report.rows.filter(({ model }) => isFile(model));
  const others = report.rows.filter((row) => !ofFiles.includes(row));
  // A report of first visits alone has no rows for a table, so the earlier table stays.
  if (others.length > 0) await write("perf", perfTable({ ...report, rows: others }));
  if (ofFiles.length > 0)
    await write("perf-file", perfTable({ ...report, rows: ofFiles, firstVisits: [] }));
}

const write = async (marks: string, table: string): Promise<void> =>
  writeBetweenMarks(marks, await formatMeasurements(table));
