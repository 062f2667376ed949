// `npm test` installs what is missing, then checks and tests everything. One stage more than there are cores runs beside
// the others. A failing stage does not keep the others from running. The last line counts all tests, and each check as
// one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "./install-packages.mjs";
import { playwrightFailures, sayFailures, vitestFailures } from "./stage-failures.mjs";

/** @typedef {import("./stage-failures.mjs").Failure} Failure */
/** @typedef {{ passed: number, failed: number }} Count */
/** @typedef {Count & { failures: readonly Failure[] }} Tested */
/** @typedef {{ name: string, args: string[], readReport?: (report: string) => Tested }} Stage */

const reports = mkdtempSync(join(tmpdir(), "rekindle-test-"));
/** @param {string} name */
const reportOf = (name) => join(reports, `${name.replaceAll(" ", "-")}.json`);

const BIN = {
  eslint: "node_modules/eslint/bin/eslint.js",
  knip: "node_modules/knip/bin/knip.js",
  oxlint: "node_modules/oxlint/bin/oxlint",
  playwright: "node_modules/@playwright/test/cli.js",
  prettier: "node_modules/prettier/bin/prettier.cjs",
  tsc: "node_modules/typescript/bin/tsc",
  tsx: "node_modules/tsx/dist/cli.mjs",
  vite: "node_modules/vite/bin/vite.js",
  vitest: "node_modules/vitest/vitest.mjs",
};

/** @param {string} path */
function readVitest(path) {
  const report = /** @type {import("./stage-failures.mjs").VitestReport} */ (read(path));
  const { numPassedTests: passed, numFailedTests: failed } = report;
  return { passed, failed, failures: vitestFailures(report) };
}

/** @param {string} path */
function readPlaywright(path) {
  const report = /** @type {import("./stage-failures.mjs").PlaywrightReport} */ (read(path));
  const { expected: passed, unexpected: failed } = report.stats;
  return { passed, failed, failures: playwrightFailures(report) };
}

/**
 * @param {string} path
 * @returns {unknown}
 */
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * @param {string} name
 * @param {string} project
 * @returns {Stage}
 */
function vitest(name, project) {
  const reporters = ["default", "./scripts/gpu-adapter-reporter.ts", "json"];
  const output = [
    ...reporters.flatMap((reporter) => ["--reporter", reporter]),
    `--outputFile.json=${reportOf(name)}`,
  ];
  return {
    name,
    args: [BIN.vitest, "run", "--project", project, ...output],
    readReport: readVitest,
  };
}

const cores = availableParallelism();

/**
 * How many stages run at a time. Tests in a browser wait for a third of their time: for what is throttled, for a moment
 * to come, or for the other side of a message. One stage more than there are cores uses that time.
 */
const STAGES_AT_A_TIME = cores + 1;

/** @type {Stage} */
const BROWSER = { name: "browser", args: [BIN.tsx, "scripts/install-browser.ts"] };

/**
 * How many test files share a browser. Two tests in one browser wait for each other, so on two cores each suite has a
 * browser and a core to itself. The software GPU takes as many cores as there are.
 */
const GPU_TEST_WORKERS = String(Math.min(2, Math.ceil(cores / 2)));

/**
 * Stages of one process each, the longest first.
 *
 * @type {Stage[]}
 */
const BESIDE_ONE_ANOTHER = [
  vitest("browser tests", "browser"),
  vitest("kernel tests", "gpu"),
  vitest("unit tests", "unit"),
  vitest("kernel tests on the processor", "processor"),
  { name: "lint", args: [BIN.eslint, "."] },
  { name: "lint with types", args: [BIN.oxlint] },
  { name: "format", args: [BIN.prettier, "--check", "."] },
  { name: "build", args: [BIN.vite, "build"] },
  {
    name: "build to measure",
    args: [BIN.vite, "build", "--mode", "measuring", "--outDir", "dist-measuring"],
  },
  { name: "types of kernels", args: [BIN.tsc, "--project", "src/cpu/kernels", "--noEmit"] },
  { name: "unused code", args: [BIN.knip] },
];

/**
 * This stage takes the whole machine: it has a browser for each core.
 *
 * @type {Stage}
 */
const END_TO_END = {
  name: "end-to-end tests",
  args: [BIN.playwright, "test", "--project", "e2e", "--reporter", "list,json"],
  readReport: readPlaywright,
};

/**
 * Runs a stage's process. When it has ended, prints all that it has written in one piece.
 *
 * @param {Stage} stage
 * @returns its exit code, and all that it has written
 */
async function show({ name, args }) {
  console.log(`--- ${name} …`);
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      // Tests do not depend on which model was fetched. Those of a served model bring one of their own.
      LOCAL_MODEL: "none",
      PLAYWRIGHT_JSON_OUTPUT_FILE: reportOf(name),
      GPU_TEST_WORKERS,
    },
  });
  /** @type {string[]} */
  const written = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => written.push(text));
  await once(child, "close");
  const all = written.join("").trimEnd();
  console.log([`\n=== ${name}`, all].filter(Boolean).join("\n"));
  return { exitCode: child.exitCode, written: all };
}

/**
 * Runs a stage and counts its tests. A stage whose process failed has failed, whatever its report says: a file that
 * cannot even be loaded has no failed test in it.
 *
 * @param {Stage} stage
 * @returns {Promise<Count & { why: string }>} `why` says which tests have failed, and is empty if none has
 */
async function run(stage) {
  const { exitCode, written } = await show(stage);
  const ok = exitCode === 0;
  const { passed, failed, failures } = testedBy(stage, ok);
  const why = ok && failed === 0 ? "" : sayFailures(stage.name, failures, written);
  return { passed, failed: Math.max(failed, Number(!ok)), why };
}

/**
 * @param {Stage} stage
 * @param {boolean} ok whether its process has succeeded
 * @returns {Tested}
 */
function testedBy({ name, readReport }, ok) {
  if (!readReport) return { passed: Number(ok), failed: Number(!ok), failures: [] };
  if (!existsSync(reportOf(name))) return { passed: 0, failed: 0, failures: [] };
  return readReport(reportOf(name));
}

/** @param {Stage} stage */
async function runTimed(stage) {
  const startMs = performance.now();
  const count = await run(stage);
  return { ...count, name: stage.name, seconds: Math.round((performance.now() - startMs) / 1000) };
}

/** @param {readonly Stage[]} stages */
async function runBesideOneAnother(stages) {
  const waiting = [...stages];
  /** @type {Awaited<ReturnType<typeof runTimed>>[]} */
  const results = [];
  async function takeTurns() {
    for (let stage = waiting.shift(); stage; stage = waiting.shift())
      results.push(await runTimed(stage));
  }
  await Promise.all(Array.from({ length: STAGES_AT_A_TIME }, takeTurns));
  return results;
}

async function runAll() {
  const browser = await runTimed(BROWSER);
  const others = await runBesideOneAnother(BESIDE_ONE_ANOTHER);
  return [browser, ...others, await runTimed(END_TO_END)];
}

/** @param {Awaited<ReturnType<typeof runTimed>>} result */
const summary = ({ name, passed, failed, seconds }) =>
  `${failed === 0 ? "ok    " : "FAILED"} ${name.padEnd(18)} ${String(passed)} passed, ${String(failed)} failed, ${String(seconds)} s`;

/** @param {readonly Count[]} counts */
function conclude(counts) {
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
}

if (installPackages()) {
  const results = await runAll();
  // What is needed to mend a failure stands at the end, wherever in the output the stage was.
  const why = results.map((result) => result.why).filter(Boolean);
  console.log(["", ...why, ...results.map(summary)].join("\n"));
  conclude(results);
} else {
  conclude([{ passed: 0, failed: 1 }]);
}
rmSync(reports, { recursive: true });
