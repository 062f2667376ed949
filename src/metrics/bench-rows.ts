/** One measured number, as it is written to `reports/*.json`. */
export interface BenchRow {
  /** What was measured, and how: for example `matmul q4 64×576×576`. */
  name: string;
  value: number;
  /** For example `ms`, `GFLOP/s`, `MB/s` or `ratio`. */
  unit: string;
  /** Anything else that a reader needs to judge the number: shapes, counts, spread. */
  [detail: string]: string | number | boolean;
}

declare module "@vitest/runner" {
  interface TaskMeta {
    rows?: BenchRow[];
  }
}

/** The part of Vitest's test task that carries results out of the browser. */
interface RecordingTask {
  meta: { rows?: BenchRow[] };
}

/** Puts `row` into the report. `task` comes from the test's context: `test("…", ({ task }) => …)`. */
export function recordRow(task: RecordingTask, row: BenchRow): void {
  (task.meta.rows ??= []).push(row);
}
