import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { startVitest, type TestModule } from "vitest/node";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import { compareProcessors } from "./processor/compare.ts";
import { today, writeReport } from "./report.ts";

/**
 * The arguments of `npm run bench [-- name [test]] [--dawn]`. It runs `<name>.bench.ts`, or all benchmarks. With
 * the words of a test's name it runs only that test, and writes a report of its own for it.
 */
function parse(args: readonly string[]) {
  const [name, testName] = args.filter((argument) => !argument.startsWith("--"));
  return { name, testName, project: args.includes("--dawn") ? "bench-dawn" : "bench" };
}

/** All rows that a file's tests recorded. Each says where and when it was measured. */
function rowsOf(module: TestModule): BenchRow[] {
  const runtime =
    module.project.name === "bench-dawn" ? `Node ${process.versions.node}, Dawn` : "Chromium";
  const where = { adapter: module.meta().adapter ?? "unknown", runtime, date: today() };
  const tests = [...module.children.allTests()];
  return tests.flatMap((test) => test.meta().rows ?? []).map((row) => ({ ...row, ...where }));
}

/**
 * Makes a browser profile for this run alone. Storage is measured on a disk, where people have it, and a profile that an
 * earlier run left, or that another one is using, would be in the way.
 */
function benchProfile(): string {
  mkdirSync(".cache", { recursive: true });
  return mkdtempSync(".cache/bench-profile-");
}

async function main(): Promise<void> {
  const [name, ...rest] = process.argv.slice(2);
  if (name === "processor") {
    await compareProcessors(rest);
    return;
  }
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

  // An incomplete report is not written: it would replace a complete one.
  const complete = modules.length > 0 && modules.every((module) => module.ok());
  if (complete) await writeReport(reportName(name, testName), modules.flatMap(rowsOf));
  else process.exitCode = 1;
}

await main();
