import { expect, test } from "vitest";
import { BlockSplitter } from "./split-blocks.ts";

const blocksOf = (text: string) => new BlockSplitter().split(text);

const TEXT = `# Title

A paragraph
of two lines.
- one

  - nested
    more
- two

## Steps

   1. indented
        - deep

\`\`\`py
def f():

    return 1
\`\`\`
| a | b |
|---|---|
| 1 | 2 |

> quoted
lazily

The end.`;

test("blocks of the top level are cut at the beginnings of their lines", () => {
  expect(blocksOf(TEXT)).toEqual([
    "# Title",
    "A paragraph\nof two lines.",
    "- one\n\n  - nested\n    more\n- two",
    "## Steps",
    "   1. indented\n        - deep",
    "```py\ndef f():\n\n    return 1\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "> quoted\nlazily",
    "The end.",
  ]);
});

test("a text that grows has the blocks of the whole text, and keeps those that are complete", () => {
  const splitter = new BlockSplitter();
  let before: string[] = [];
  for (let end = 1; end <= TEXT.length; end++) {
    const now = splitter.split(TEXT.slice(0, end));
    expect(now.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
    before = now;
  }
  expect(before).toEqual(blocksOf(TEXT));
});

test("another text is another text", () => {
  const splitter = new BlockSplitter();
  splitter.split("one\n\ntwo\n\nthree");
  expect(splitter.split("four\n\nfive")).toEqual(["four", "five"]);
  expect(splitter.split("")).toEqual([]);
});

test("what refers to a definition is one block with it", () => {
  expect(blocksOf("Begin.\n\nSee [a].\n\nMore.\n\n[a]: https://a.example/\n\nEnd.")).toEqual([
    "Begin.",
    "See [a].\n\nMore.\n\n[a]: https://a.example/",
    "End.",
  ]);
  expect(blocksOf("A note[^1].\n\n[^1]: It says.")).toEqual(["A note[^1].\n\n[^1]: It says."]);
});
