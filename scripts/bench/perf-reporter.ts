import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import { today, writeReport } from "./report.ts";

/**
 * Collects what tests attach as `bench-rows` (the JSON of a `BenchRow[]`) into `reports/perf.json`.
 * Says nothing in a run that measures nothing.
 */
class PerfReporter implements Reporter {
  readonly #rows: BenchRow[] = [];

  onTestEnd(_test: TestCase, { attachments }: TestResult): void {
    for (const { name, body } of attachments) {
      if (name !== "bench-rows" || !body) continue;
      const rows = JSON.parse(body.toString()) as BenchRow[];
      this.#rows.push(...rows.map((row) => ({ ...row, date: today() })));
    }
  }

  async onEnd({ status }: { status: string }): Promise<void> {
    // Half a report would replace a whole one.
    if (status === "passed" && this.#rows.length > 0) await writeReport("perf", this.#rows);
  }
}

// Playwright loads a reporter named by its path through the default export.
export default PerfReporter;
