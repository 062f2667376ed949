import { expect, test } from "vitest";
import { playwrightFailures, sayFailures, vitestFailures } from "./stage-failures.mjs";

test("failed tests of Vitest are said with their file, and so is a file that cannot be loaded", () => {
  const failures = vitestFailures({
    numPassedTests: 1,
    numFailedTests: 1,
    testResults: [
      {
        name: "src/a.test.ts",
        status: "failed",
        assertionResults: [
          { fullName: "adds", status: "passed", failureMessages: [] },
          { fullName: "divides", status: "failed", failureMessages: ["expected 1 to be 2"] },
        ],
      },
      {
        name: "src/b.test.ts",
        status: "failed",
        message: "no such import",
        assertionResults: [{ fullName: "never ran", status: "pending" }],
      },
      { name: "src/c.test.ts", status: "passed", message: "", assertionResults: [] },
    ],
  });
  expect(failures).toEqual([
    { title: "src/a.test.ts › divides", message: "expected 1 to be 2" },
    { title: "src/b.test.ts", message: "no such import" },
  ]);
});

test("failed tests of Playwright are said with their place, however deep they are nested", () => {
  const spec = (title: string, ok: boolean, messages: string[]) => ({
    title,
    ok,
    file: "tabs.spec.ts",
    line: 7,
    tests: [{ results: [{ errors: messages.map((message) => ({ message })) }] }],
  });
  const failures = playwrightFailures({
    stats: { expected: 1, unexpected: 2 },
    errors: [{ message: "the port is taken" }],
    suites: [
      {
        specs: [spec("opens", true, []), spec("closes", false, ["timed out", "Call log: waiting"])],
        suites: [{ specs: [spec("follows", false, ["no answer"])] }],
      },
    ],
  });
  expect(failures).toEqual([
    { title: "outside of tests", message: "the port is taken" },
    { title: "tabs.spec.ts:7 › closes", message: "timed out\nCall log: waiting" },
    { title: "tabs.spec.ts:7 › follows", message: "no answer" },
  ]);
});

test("a failure is said without colours and blank lines, and cut short", () => {
  const message = ["\u001b[31mexpected\u001b[39m", "", ...Array.from({ length: 40 }, () => "line")];
  const said = sayFailures("browser tests", [{ title: "a", message: message.join("\n") }], "");
  expect(said.split("\n").slice(0, 3)).toEqual(["FAILED browser tests: a", "  expected", "  line"]);
  expect(said.split("\n").length).toBeLessThan(20);
});

test("of very many failures the first are said, and how many there are", () => {
  const failures = Array.from({ length: 30 }, (_, i) => ({ title: `${i}`, message: "no" }));
  const said = sayFailures("unit tests", failures, "");
  expect(said).toContain("FAILED unit tests: 0");
  expect(said).not.toContain("FAILED unit tests: 29");
  expect(said).toMatch(/and 20 more in unit tests$/);
});

test("a stage that reports no test says the end of what it has written", () => {
  const written = Array.from({ length: 99 }, (_, i) => `line ${i}`).join("\n");
  const said = sayFailures("types", [], written);
  expect(said).toContain("FAILED types");
  expect(said).toContain("  line 98");
  expect(said).not.toContain("line 1\n");
});
