import { expect, test } from "vitest";
import { titleFrom } from "./title.ts";

test("a short text is its own title, on one line", () => {
  expect(titleFrom("  Why\n\n is\tthe sky   blue? ")).toBe("Why is the sky blue?");
  expect(titleFrom(" \n")).toBe("");
  expect(titleFrom("x".repeat(60))).toBe("x".repeat(60));
});

test("a long text is cut after a word", () => {
  expect(titleFrom("word ".repeat(30))).toBe(`${"word ".repeat(12).trim()}…`);
  expect(titleFrom(`${"x".repeat(60)} tail`)).toBe(`${"x".repeat(60)}…`);
  expect(titleFrom(`short ${"x".repeat(80)}`)).toBe("short…");
});

test("a text without spaces is cut after a whole grapheme", () => {
  const family = "👩‍👩‍👧‍👦";
  expect(titleFrom(family.repeat(61))).toBe(`${family.repeat(60)}…`);
  const accented = "e\u0301";
  expect(titleFrom(accented.repeat(100))).toBe(`${accented.repeat(60)}…`);
});
