import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import { updateReadme } from "./perf-readme.ts";
import { writePerfReport } from "./perf-report.ts";
import type { PerfReport } from "./perf-rows.ts";

/**
 * Collects what tests attach as `perf-report` (the JSON of a `PerfReport`) into `reports/perf.json`, as soon
 * as each is over, and says the result in the README. Does nothing in a run that measures nothing.
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
    if (this.#hasRows) await updateReadme();
  }
}

// Playwright loads a reporter named by its path through the default export.
export default PerfReporter;
