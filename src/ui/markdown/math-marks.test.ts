import fc from "fast-check";
import { expect, test } from "vitest";
import { withMathMarks } from "./math-marks.ts";

test.each([
  ["\\(a\\) and \\( b^2 \\)", "$$a$$ and $$b^2$$"],
  ["so $x$, $a_1 + b$ and $5$.", "so $$x$$, $$a_1 + b$$ and $$5$$."],
  ["\\[\na = b\n\\]", "$$\na = b\n$$"],
  ["$$a = b$$", "$$\na = b\n$$"],
  ["$$a\n= b$$\n", "$$\na\n= b\n$$\n"],
  ["- so\n  \\[ a \\]", "- so\n  $$\n  a\n  $$"],
  ["it is \\[a\\] here", "it is $$a$$ here"],
  ["it is $$a$$ here", "it is $$a$$ here"],
  ["f($x$)", "f($$x$$)"],
])("%j becomes %j", (text, written) => {
  expect(withMathMarks(text)).toBe(written);
});

test.each([
  "$5 and $10",
  "R$ 12,29 e R$ 5",
  "**$148 → $19**",
  "US$5, A$6",
  "$5/$10, $10k-$20k",
  "pay $5 (or 6 US$) now",
  "from $1.50 to 2$",
  "\\$5 and $6\\$",
  "a $ b $ c",
  "$x",
  "\\(a",
  "$$a",
  "\\\\(a\\\\)",
  "\\[text\\](https://a.example/)",
  "`$x$` and ``\\(a`b\\)``",
  "```\n$x$\n```",
  "~~~tex\n\\[a\\]\n~~~",
  "- ```sh\n  echo $A $B\n  ```",
  "```\n$x$ that is still coming",
  "$a\n\nb$",
  `$${"x".repeat(3000)}$`,
])("%j stays as it is", (text) => {
  expect(withMathMarks(text)).toBe(text);
});

test("code ends with a fence that is as long as the one that began it", () => {
  expect(withMathMarks("````\n```\n$x$\n````\n$y$")).toBe("````\n```\n$x$\n````\n$$y$$");
});

test("any text takes time in proportion to its length", () => {
  const parts = fc.constantFrom(
    "$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "`",
    "\n",
    " ",
    "a",
    "5",
    "```\n",
    "|",
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 400 }), (pieces) => {
      expect(() => withMathMarks(pieces.join(""))).not.toThrow();
    }),
  );
  for (const piece of ["$", "\\(", "`", "$ ", "\\[a", "$a "]) withMathMarks(piece.repeat(10_000));
});
