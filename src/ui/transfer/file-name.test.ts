import { expect, test } from "vitest";
import { fileName } from "./file-name.ts";

const day = new Date(2026, 2, 5);

test.each([
  [undefined, "rekindle-2026-03-05.json"],
  ["   ", "rekindle-2026-03-05.json"],
  ["Tides & moons", "Tides & moons.json"],
  ["../../etc/passwd", "etc passwd.json"],
  ['a<b>:"c"|?*', "a b c.json"],
  ["invoice\u202egnp.exe", "invoice gnp.exe.json"],
  ["漢字 مرحبا", "漢字 مرحبا.json"],
  ["😀".repeat(70), `${"😀".repeat(60)}.json`],
])("%j is saved as %s", (title, name) => {
  expect(fileName("json", title, day)).toBe(name);
});
