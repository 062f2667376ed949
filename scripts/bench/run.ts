import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { startVitest, type TestModule } from "vitest/node";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import { today, writeReport } from "./report.ts";

/**
 * `npm run bench [-- name [test]] [--dawn]`: runs `<name>.bench.ts`, or all of them; with the words of a
 * test's name only that, into a report of its own.
 */
function parse(args: readonly string[]) {
  const [name, testName] = args.filter((argument) => !argument.startsWith("--"));
  return { name, testName, project: args.includes("--dawn") ? "bench-dawn" : "bench" };
}

/** Every row that a file's tests recorded, each with where and when it was measured. */
function rowsOf(module: TestModule): BenchRow[] {
  const runtime =
    module.project.name === "bench-dawn" ? `Node ${process.versions.node}, Dawn` : "Chromium";
  const where = { adapter: module.meta().adapter ?? "unknown", runtime, date: today() };
  const tests = [...module.children.allTests()];
  return tests.flatMap((test) => test.meta().rows ?? []).map((row) => ({ ...row, ...where }));
}

/**
 * A browser profile for this run. Storage is measured on disk, as people have it; what an earlier run
 * left would be in the way, and what another one is using too.
 */
function benchProfile(): string {
  mkdirSync(".cache", { recursive: true });
  return mkdtempSync(".cache/bench-profile-");
}

async function main(): Promise<void> {
  const profile = benchProfile();
  process.env["BENCH_PROFILE"] = profile;
  try {
    await bench();
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const reportName = (name = "bench", testName?: string): string =>
  testName === undefined ? name : `${name}-${testName.replaceAll(/\W+/g, "-")}`;

async function bench(): Promise<void> {
  const { name, testName, project } = parse(process.argv.slice(2));
  const filters = name === undefined ? [] : [`${name}.bench.ts`];
  const config = "scripts/vitest-on-request.config.ts";
  const only = testName === undefined ? {} : { testNamePattern: testName };
  const vitest = await startVitest("test", filters, { config, project, run: true, ...only });
  const modules = vitest.state.getTestModules();
  await vitest.close();

  // Half a report would replace a whole one.
  const complete = modules.length > 0 && modules.every((module) => module.ok());
  if (complete) await writeReport(reportName(name, testName), modules.flatMap(rowsOf));
  else process.exitCode = 1;
}

await main();
