import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { firefoxPath } from "./find-firefox.ts";

const HERE = fileURLToPath(import.meta.url);

test("the one that is asked for, or else the first that is installed", () => {
  expect(firefoxPath(HERE, [])).toBe(HERE);
  expect(firefoxPath(undefined, ["/nowhere/firefox", HERE])).toBe(HERE);
});

test("where there is none, a sentence says what to do", () => {
  expect(() => firefoxPath("/nowhere/firefox")).toThrow("There is no Firefox at /nowhere/firefox.");
  expect(() => firefoxPath(undefined, [])).toThrow("Install one, or name it");
});
