// What `npm test` says again before its summary: which tests have failed in a stage, and why.
import { stripVTControlCharacters } from "node:util";

/** @typedef {{ title: string, message: string }} Failure */

/** The most failures of a stage that are said again. */
const SHOWN = 10;
/** The most lines of a failure that are said again: the assertion and the beginning of its call log. */
const LINES = 15;
/** How many lines at the end of what a stage has written are said again if it has no report, or none of a failure. */
const TAIL_LINES = 30;

/**
 * The part of Vitest's JSON report that is used here.
 *
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{
 *   name: string,
 *   status: string,
 *   message?: string,
 *   assertionResults: { fullName: string, status: string, failureMessages?: string[] | null }[],
 * }[]} testResults
 */

/**
 * @param {VitestReport} report
 * @returns {Failure[]}
 */
export function vitestFailures({ testResults }) {
  return testResults.flatMap(({ name, status, message = "", assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    // A file that could not be loaded has no test that failed.
    if (failed.length === 0 && status === "failed") return [{ title: name, message }];
    return failed.map(({ fullName, failureMessages }) => ({
      title: `${name} › ${fullName}`,
      message: (failureMessages ?? []).join("\n"),
    }));
  });
}

/** @typedef {{ message?: string, location?: { file: string, line: number } }} PlaywrightError */
/** @typedef {{ status?: string, errors: PlaywrightError[] }} PlaywrightResult */
/**
 * @typedef {object} PlaywrightSuite
 * @property {{ title: string, file: string, line: number, ok: boolean, tests: { results: PlaywrightResult[] }[] }[]} [specs]
 * @property {PlaywrightSuite[]} [suites]
 */
/**
 * The part of Playwright's JSON report that is used here.
 *
 * @typedef {object} PlaywrightReport
 * @property {{ expected: number, unexpected: number }} stats
 * @property {PlaywrightSuite[]} suites
 * @property {PlaywrightError[]} [errors]
 */

/**
 * @param {PlaywrightReport} report
 * @returns {Failure[]}
 */
export function playwrightFailures({ suites, errors = [] }) {
  const ofNoTest = errors.map((error) => ({ title: "outside of tests", message: sayError(error) }));
  return [...ofNoTest, ...suites.flatMap(failuresOfSuite)];
}

/**
 * @param {PlaywrightSuite} suite
 * @returns {Failure[]}
 */
function failuresOfSuite({ specs = [], suites = [] }) {
  const failed = specs.filter(({ ok }) => !ok);
  const own = failed.map(({ title, file, line, tests }) => {
    const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors));
    return { title: `${file}:${line} › ${title}`, message: errors.map(sayError).join("\n") };
  });
  return [...own, ...suites.flatMap(failuresOfSuite)];
}

/** @param {PlaywrightError} error */
function sayError({ message = "", location }) {
  return location ? `at ${location.file}:${location.line}\n${message}` : message;
}

/**
 * @param {string} stage the stage's name
 * @param {readonly Failure[]} failures
 * @param {string} written all that the stage has written
 */
export function sayFailures(stage, failures, written) {
  if (failures.length === 0) return `FAILED ${stage}\n${indent(lastLines(written))}`;
  const shown = failures
    .slice(0, SHOWN)
    .map(({ title, message }) => `FAILED ${stage}: ${title}\n${indent(firstLines(message))}`);
  const more = failures.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more in ${stage}`] : [])].join("\n");
}

/** @param {string} text */
const linesOf = (text) =>
  stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "");

/** @param {string} text */
const firstLines = (text) => linesOf(text).slice(0, LINES);

/** @param {string} text */
const lastLines = (text) => linesOf(text).slice(-TAIL_LINES);

/** @param {readonly string[]} lines */
const indent = (lines) => lines.map((line) => `  ${line}`).join("\n");
