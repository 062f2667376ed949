import { expect, test, vi } from "vitest";
import type { CodeLine, ColouredLines } from "../protocol/code-colours.ts";
import { CodeColouring } from "./code-colouring.ts";
import { grammarOf } from "./languages.ts";

/** Colours code, and waits until so many lines have their colours. */
async function coloured(language: string, steps: readonly string[]) {
  const told: ColouredLines[] = [];
  const colouring = new CodeColouring(language, (coloured) => told.push(coloured));
  for (const code of steps) {
    colouring.colour(code);
    await vi.waitFor(() => expect(told.at(-1)?.code).toBe(code), { timeout: 20_000 });
  }
  let lines: CodeLine[] = [];
  for (const one of told) lines = [...lines.slice(0, one.before), ...one.lines];
  return { lines, told };
}

const kindsOf = (lines: readonly CodeLine[]) =>
  lines.map((line) => line.map(({ text, kind }) => `${text}=${kind ?? ""}`));

test("code has the kinds of its tokens, line by line", async () => {
  const { lines } = await coloured("js", ['const a = "b"; // c\n']);
  const kinds = kindsOf(lines).flat().join(" ");
  expect(kinds).toContain("const=keyword");
  expect(kinds).toContain('"b"=string-expression');
  expect(kinds).toContain("// c=comment");
});

test("code that grows goes on where it was, inside of a comment too", async () => {
  const whole = "/* one\ntwo\nthree */\nlet a;\n";
  const steps = [...whole.matchAll(/\n/g)].map(({ index }) => whole.slice(0, index + 1));
  const { lines } = await coloured("typescript", steps);
  const atOnce = await coloured("typescript", [whole]);
  expect(kindsOf(lines)).toEqual(kindsOf(atOnce.lines));
  expect(kindsOf(lines)[1]).toEqual(["two=comment"]);
});

test("long code is coloured in pieces, and other code from its beginning", async () => {
  const long = "let a;\n".repeat(100);
  const { told, lines } = await coloured("js", [long, "var b;\n"]);
  expect(told.length).toBeGreaterThan(4);
  expect(lines).toHaveLength(1);
});

test("languages are found by any of their names, and others are not", () => {
  for (const name of ["py", "Python", "c++", "TSX", "sh"]) expect(grammarOf(name)).toBeDefined();
  for (const name of ["", "klingon", "constructor", "__proto__"])
    expect(grammarOf(name)).toBeUndefined();
});
