import type { BenchRow } from "../../src/metrics/bench-rows.ts";

const HEADINGS = ["name", "value", "unit"];

const cells = ({ name, value, unit }: BenchRow) => [name, value.toPrecision(4), unit];

/** The rows as text in columns, with the numbers flush right. */
export function table(rows: readonly BenchRow[]): string {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => width(line, column))));
  return lines.map((line) => layOut(line, widths)).join("\n");
}

const width = (line: readonly string[], column: number) => line[column]?.length ?? 0;

function layOut([name = "", value = "", unit = ""]: readonly string[], widths: readonly number[]) {
  return `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${unit}`;
}
