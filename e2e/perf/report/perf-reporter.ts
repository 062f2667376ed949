import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import { updateMeasurements } from "./perf-document.ts";
import { writePerfReport } from "./perf-report.ts";
import type { PerfReport } from "./perf-rows.ts";

/**
 * Collects what tests attach as `perf-report` (the JSON of a `PerfReport`) into `reports/perf.json`, as soon
 * as each is over, and writes the result into docs/measurements.md. It does nothing in a run without measurements.
 */
class PerfReporter implements Reporter {
  #hasRows = false;

  onTestEnd(_test: TestCase, { attachments, status }: TestResult): void {
    for (const { name, body } of attachments) {
      if (name !== "perf-report" || !body || status !== "passed") continue;
      writePerfReport("reports", JSON.parse(body.toString()) as PerfReport);
      this.#hasRows = true;
    }
  }

  async onEnd(): Promise<void> {
    if (this.#hasRows) await updateMeasurements();
  }
}

// Playwright loads a reporter named by its path through the default export.
export default PerfReporter;
