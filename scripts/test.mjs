// `npm test`: installs what is missing, then checks and tests everything. A failing stage does not keep
// the later ones from running. The last line counts all tests, and each check as one.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "./install.mjs";

/** @typedef {{ passed: number, failed: number }} Count */
/** @typedef {{ name: string, args: string[], count?: (report: string) => Count }} Stage */

const reports = mkdtempSync(join(tmpdir(), "rekindle-test-"));
/** @param {string} name */
const reportOf = (name) => join(reports, `${name.replaceAll(" ", "-")}.json`);

const BIN = {
  eslint: "node_modules/eslint/bin/eslint.js",
  knip: "node_modules/knip/bin/knip.js",
  playwright: "node_modules/@playwright/test/cli.js",
  prettier: "node_modules/prettier/bin/prettier.cjs",
  tsc: "node_modules/typescript/bin/tsc",
  tsx: "node_modules/tsx/dist/cli.mjs",
  vite: "node_modules/vite/bin/vite.js",
  vitest: "node_modules/vitest/vitest.mjs",
};

/** @param {string} report */
function countVitest(report) {
  const { numPassedTests, numFailedTests } =
    /** @type {{ numPassedTests: number, numFailedTests: number }} */ (read(report));
  return { passed: numPassedTests, failed: numFailedTests };
}

/** @param {string} report */
function countPlaywright(report) {
  const { stats } = /** @type {{ stats: { expected: number, unexpected: number } }} */ (
    read(report)
  );
  return { passed: stats.expected, failed: stats.unexpected };
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
  const reporters = ["default", "./scripts/adapter-reporter.ts", "json"];
  const output = [
    ...reporters.flatMap((reporter) => ["--reporter", reporter]),
    `--outputFile.json=${reportOf(name)}`,
  ];
  return { name, args: [BIN.vitest, "run", "--project", project, ...output], count: countVitest };
}

/** @type {Stage} */
const BROWSER = { name: "browser", args: [BIN.tsx, "scripts/install-browser.ts"] };

/**
 * Each is one busy process: as many beside one another as there are cores, the longest first.
 *
 * @type {Stage[]}
 */
const CHECKS = [
  vitest("unit tests", "unit"),
  { name: "lint", args: [BIN.eslint, "."] },
  { name: "types", args: [BIN.tsc] },
  { name: "build", args: [BIN.vite, "build"] },
  {
    name: "build to measure",
    args: [BIN.vite, "build", "--mode", "measuring", "--outDir", "dist-measuring"],
  },
  { name: "format", args: [BIN.prettier, "--check", "."] },
  { name: "unused code", args: [BIN.knip] },
];

/**
 * Each takes the whole machine: one after the other.
 *
 * @type {Stage[]}
 */
const BROWSER_TESTS = [
  vitest("kernel tests", "gpu"),
  {
    name: "end-to-end tests",
    args: [BIN.playwright, "test", "--project", "e2e", "--reporter", "list,json"],
    count: countPlaywright,
  },
];

/**
 * Runs a stage's process and shows what it writes: as it comes, or in one piece when it has ended.
 *
 * @param {Stage} stage
 * @param {boolean} isAlone
 * @returns its exit code
 */
async function show({ name, args }, isAlone) {
  const title = `\n=== ${name}`;
  if (isAlone) console.log(title);
  const child = spawn(process.execPath, args, {
    stdio: isAlone ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: reportOf(name) },
  });
  /** @type {string[]} */
  const written = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => written.push(text));
  await once(child, "close");
  if (!isAlone) console.log([title, written.join("").trimEnd()].filter(Boolean).join("\n"));
  return child.exitCode;
}

/**
 * A stage whose process failed has failed, whatever its report says: a file that does not even load
 * has no failed test in it.
 *
 * @param {Stage} stage
 * @param {boolean} isAlone
 * @returns {Promise<Count>}
 */
async function run(stage, isAlone) {
  const ok = (await show(stage, isAlone)) === 0;
  const { name, count } = stage;
  if (!count) return { passed: Number(ok), failed: Number(!ok) };
  const { passed, failed } = existsSync(reportOf(name))
    ? count(reportOf(name))
    : { passed: 0, failed: 0 };
  return { passed, failed: Math.max(failed, Number(!ok)) };
}

/**
 * @param {Stage} stage
 * @param {boolean} [isAlone]
 */
async function runTimed(stage, isAlone = true) {
  const startMs = performance.now();
  const count = await run(stage, isAlone);
  return { ...count, name: stage.name, seconds: Math.round((performance.now() - startMs) / 1000) };
}

/** @param {readonly Stage[]} stages */
async function runBesideOneAnother(stages) {
  const waiting = [...stages];
  /** @type {Awaited<ReturnType<typeof runTimed>>[]} */
  const results = [];
  async function takeTurns() {
    for (let stage = waiting.shift(); stage; stage = waiting.shift())
      results.push(await runTimed(stage, false));
  }
  await Promise.all(Array.from({ length: availableParallelism() }, takeTurns));
  return results;
}

async function runAll() {
  const results = [await runTimed(BROWSER), ...(await runBesideOneAnother(CHECKS))];
  for (const stage of BROWSER_TESTS) results.push(await runTimed(stage));
  return results;
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
  console.log(`\n${results.map(summary).join("\n")}`);
  conclude(results);
} else {
  conclude([{ passed: 0, failed: 1 }]);
}
rmSync(reports, { recursive: true });
