import { describe, expect, test } from "vitest";
import { isLoop } from "./repetition.ts";

/** Words, spaces, digits and signs each as one token, much as a tokenizer cuts a text. */
function tokensOf(text: string): number[] {
  const numbers = new Map<string, number>();
  return (text.match(/ ?[A-Za-z]+| ?\d|\n+| ?[^\sA-Za-z\d]+|\s/g) ?? []).map((piece) => {
    const number = numbers.get(piece) ?? numbers.size;
    numbers.set(piece, number);
    return number;
  });
}

/** After how many tokens a text counts as a loop; undefined if it never does. */
function caughtAt(text: string): number | undefined {
  const tokens = tokensOf(text);
  for (let length = 1; length <= tokens.length; length++)
    if (isLoop(tokens.slice(0, length))) return length;
  return undefined;
}

const BEFORE = "The wizard went into the town and looked for his cat. ";

describe("loops", () => {
  test.each([
    ["a word", "very ".repeat(400)],
    ["two words", "no way ".repeat(300)],
    ["a sentence", "I am sorry, I do not know what you mean. ".repeat(60)],
    ["a line of a list", "- Add the flour to the bowl and stir.\n".repeat(80)],
    [
      "an exchange",
      "User: What is next?\nAssistant: I do not know. Please tell me more.\n".repeat(40),
    ],
    ["line feeds", "\n ".repeat(400)],
    ["a digit", `3.${"3".repeat(500)}`],
  ])("RE1: %s without an end", (_what, loop) => {
    const before = tokensOf(BEFORE).length;
    const at = caughtAt(BEFORE + loop) ?? Infinity;
    expect(at).toBeGreaterThanOrEqual(192);
    // It is not let go on for much longer.
    expect(at - before).toBeLessThan(420);
  });

  test("RE1: the run may be cut anywhere", () => {
    const run = Array.from({ length: 20 }, (_, i) => i);
    const tokens = Array.from({ length: 30 }, () => run).flat();
    for (let cut = 0; cut < 20; cut++) expect(isLoop(tokens.slice(cut, 400 + cut))).toBe(true);
  });

  test("RE2 and RE3: 64 tokens six times are one, 65 tokens are none", () => {
    const times = (run: number, count: number) =>
      Array.from({ length: run * count }, (_, i) => i % run);
    expect(isLoop(times(64, 6))).toBe(true);
    expect(isLoop(times(64, 6).slice(1))).toBe(false);
    expect(isLoop(times(65, 20))).toBe(false);
  });

  test("RE4: 192 times the same token are one, once fewer is none", () => {
    expect(isLoop(new Array<number>(192).fill(7))).toBe(true);
    expect(isLoop([8, ...new Array<number>(191).fill(7)])).toBe(false);
  });

  test("a loop that has ended is none", () => {
    expect(isLoop([...new Array<number>(400).fill(7), 8])).toBe(false);
  });
});

const row = (i: number) => `| ${i} | item ${i % 7} | ${i * i} |\n`;

describe("texts that only look like it", () => {
  test.each([
    ["laughter", "Ha ha ha ha ha ha ha ha ha ha ha ha! ".repeat(4)],
    ["a long scream", `N${"o".repeat(60)}! A${"a a ".repeat(60)}!`],
    ["a numbered list", Array.from({ length: 200 }, (_, i) => `${i + 1}. Go on.\n`).join("")],
    [
      "a table",
      `| a | b | c |\n|---|---|---|\n${Array.from({ length: 80 }, (_, i) => row(i)).join("")}`,
    ],
    ["an empty form of 15 rows", `| Name | Day |\n|---|---|\n${"|   |   |\n".repeat(15)}`],
    ["the rule below a wide table", `|${"---|".repeat(40)}\n`],
    ["a song with a refrain", "Row, row, row your boat,\nGently down the stream.\n".repeat(5)],
    ["an array of zeros", `const zeros = [${"0, ".repeat(60)}];`],
    ["equal lines of code", "  total += next();\n".repeat(12)],
    [
      "a page of markup",
      Array.from({ length: 60 }, (_, i) => `<li><a href="/p/${i}">Page ${i}</a></li>\n`).join(""),
    ],
    [
      "a multiplication table",
      Array.from({ length: 200 }, (_, i) => `7 x ${i} = ${7 * i}\n`).join(""),
    ],
    ["a chequered board", "x o x o x o x o\no x o x o x o x\n".repeat(4)],
  ])("%s", (_what, text) => {
    expect(caughtAt(BEFORE + text)).toBeUndefined();
  });
});
