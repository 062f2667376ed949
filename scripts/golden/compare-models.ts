import { createVitest, type Reporter, type TestCase, type Vitest } from "vitest/node";
import type { GoldenResult, ServedModel } from "./golden-result.ts";
import { resultLines } from "./result-lines.ts";

const NEVER_RUN: GoldenResult = {
  adapter: "no adapter",
  failure: "It was not compared, because the run ended before.",
};

/** Prints what came of each model when it is known, and errors outside of tests. */
class GoldenReporter implements Reporter {
  readonly results = new Map<string, GoldenResult>();

  onTestCaseResult(test: TestCase): void {
    const { golden = NEVER_RUN } = test.meta();
    const { errors = [] } = test.result();
    const [error] = errors;
    this.print(test.name, error ? { ...golden, failure: error.message } : golden);
  }

  onTestRunEnd(_: unknown, errors: readonly { message: string }[]): void {
    for (const { message } of errors) console.error(message);
  }

  print(name: string, result: GoldenResult): void {
    this.results.set(name, result);
    for (const line of resultLines(name, result)) console.log(line);
  }
}

/**
 * Compares models with their reference data, and prints what came of each.
 *
 * @param project of the configuration below: `golden` for Chromium, `golden-dawn` for Node over Dawn,
 *   `golden-processor` for the processor, in Node
 */
export async function compareModels(
  models: readonly ServedModel[],
  project: string,
): Promise<GoldenResult[]> {
  const reporter = new GoldenReporter();
  const config = "scripts/vitest-on-request.config.ts";
  const options = { config, project, run: true, watch: false, reporters: [reporter] };
  const vitest = await createVitest("test", options, { logLevel: "error" });
  try {
    await run(vitest, models);
  } finally {
    await vitest.close();
  }
  for (const { name } of models) if (!reporter.results.has(name)) reporter.print(name, NEVER_RUN);
  return [...reporter.results.values()];
}

async function run(vitest: Vitest, models: readonly ServedModel[]): Promise<void> {
  vitest.provide("goldenModels", models);
  await vitest.start(["golden.run.ts"]);
}
