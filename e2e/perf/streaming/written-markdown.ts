/** Time between two pieces: 100 of them in a second. */
export const PIECE_MS = 10;

/** Pieces of the whole text. */
const PIECES = 4000;

/** One part with everything that Markdown has for an answer. */
const partOf = (number: number): string => `## Part ${number}: trees and their rows

A paragraph of **some** length, with \`code\`, a [link](https://example.org/${number}), _emphasis_ and a price of $5 and $10.
It goes on for a second line, so that there is something to break.

1. The first of three things, which is explained in a sentence.
2. The second, with $a_${number}^2 + b^2 = c^2$ in it.
   - and a list below it
   - of two entries
3. The third.

| name | value | note |
| ---- | ----: | ---- |
| alpha | ${number} | of no use |
| beta | ${number * 2} | of some use |

$$
\\sum_{i=1}^{${number}} i = \\frac{${number}(${number} + 1)}{2}
$$

\`\`\`ts
export function part${number}(rows: readonly number[]): number {
  // Adds what is there.
  return rows.reduce((sum, row) => sum + row, ${number});
}
\`\`\`

> A quotation, and after it a line of a task list.

- [x] done
- [ ] not done

`;

/** A text of headings, lists, tables, formulas and code, in pieces as long as tokens are. */
export function writtenPieces(): string[] {
  const pieces: string[] = [];
  for (let number = 1; pieces.length < PIECES; number++)
    pieces.push(
      ...(partOf(number).match(/\s*[\p{L}\p{N}]{1,6}|\s*[^\s\p{L}\p{N}]{1,2}|\s+$/gu) ?? []),
    );
  return pieces.slice(0, PIECES);
}
