import { expect, test } from "vitest";
import { plainName } from "./plain-name.ts";

test.each([
  ["SmolLM2 135M Instruct", "SmolLM2 135M Instruct"],
  ["  two\n lines\tand\u0000 nothing ", "two lines and nothing"],
  ["model\u202effugg.exe", "modelffugg.exe"],
  ["zero\u200bwidth\u2066", "zerowidth"],
  ["half \ud800", "half"],
  ["", "unnamed"],
  ["\u0007\u202e", "unnamed"],
])("%j is shown as %j", (name, shown) => {
  expect(plainName(name)).toBe(shown);
});

test("a long name keeps its beginning and its ending", () => {
  const shown = plainName(`${"🦙".repeat(300)}.gguf`);
  expect(Array.from(shown)).toHaveLength(80);
  expect(shown).toMatch(/^🦙+….*🦙\.gguf$/u);
  expect(plainName("x".repeat(5_000_000))).toHaveLength(80);
});
