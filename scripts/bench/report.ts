import { mkdir, writeFile } from "node:fs/promises";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import { table } from "./table.ts";

/** Today's date as reports write it: year, month and day. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/** Writes rows to `reports/<name>.json`. @returns its path */
export async function keepReport(name: string, rows: readonly BenchRow[]): Promise<string> {
  const path = `reports/${name}.json`;
  await mkdir("reports", { recursive: true });
  await writeFile(path, `${JSON.stringify(rows, null, 2)}\n`);
  return path;
}

/** Prints the rows and writes them to `reports/<name>.json`. */
export async function writeReport(name: string, rows: readonly BenchRow[]): Promise<void> {
  const path = await keepReport(name, rows);
  console.log(`\n${table(rows)}\n\n${String(rows.length)} rows in ${path}`);
}
