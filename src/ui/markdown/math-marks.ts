/**
 * @file Formulas in the dialects that models write, in the one that the parser reads: `$$…$$`.
 *
 * Models write `\(…\)`, `\[…\]`, `$…$` and `$$…$$`. CommonMark reads `\(` as an escaped bracket, and a single dollar is
 * more often a price. So formulas are found before the text is parsed, and are written with two dollars: inside a line
 * for a formula in running text, on lines of their own for a displayed one.
 */

/** Longest formula, in characters. What is longer is text. */
const MAX_FORMULA = 2000;

/** A fence of code at the beginning of a line, in front of which marks of lists and quotations may stand. */
const FENCE = /^(?:[ \t]|>|[-*+] |\d{1,9}[.)] )*(`{3,}|~{3,})/;

/** The text with all formulas between two dollars. Code stays as it is. */
export function withMathMarks(text: string): string {
  if (!/[$\\]/.test(text)) return text;
  let written = "";
  let prose = "";
  let fence: string | undefined;
  for (const line of linesOf(text)) {
    const mark = FENCE.exec(line)?.[1];
    const isEnd = fence !== undefined && mark !== undefined && closes(fence, mark, line);
    if (fence === undefined && mark === undefined) {
      prose += line;
      continue;
    }
    written += withMathMarksInProse(prose) + line;
    prose = "";
    fence = isEnd ? undefined : (fence ?? mark);
  }
  return written + withMathMarksInProse(prose);
}

/** The lines of a text, each with its line break. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const closes = (fence: string, mark: string, line: string): boolean =>
  mark.startsWith(fence) && /^[\s>]*[`~]+\s*$/.test(line);

/** A formula, or something in which no formula begins, at some place of a text. */
interface Found {
  /** Characters that it takes. */
  length: number;
  /** What is written in its place. */
  written: string;
}

function withMathMarksInProse(prose: string): string {
  let written = "";
  let at = 0;
  while (at < prose.length) {
    const found = foundAt(prose, at);
    written += found?.written ?? prose.charAt(at);
    at += found?.length ?? 1;
  }
  return written;
}

function foundAt(prose: string, at: number): Found | undefined {
  switch (prose.charAt(at)) {
    case "`":
      return codeAt(prose, at);
    case "\\":
      return (
        bracketedAt(prose, at, "\\(", "\\)") ??
        bracketedAt(prose, at, "\\[", "\\]") ??
        pairAt(prose, at)
      );
    case "$":
      return prose[at + 1] === "$" ? doubleDollarsAt(prose, at) : dollarAt(prose, at);
    default:
      return undefined;
  }
}

/** A character that is escaped, with its backslash. */
function pairAt(prose: string, at: number): Found {
  const written = prose.slice(at, at + 2);
  return { length: written.length, written };
}

/** Code between equal runs of backticks, or a run that has no end. */
function codeAt(prose: string, at: number): Found {
  const [run = "`"] = /^`+/.exec(prose.slice(at, at + MAX_FORMULA)) ?? [];
  const paragraph = paragraphFrom(prose, at + run.length);
  const end = new RegExp(`(?<!\`)${run}(?!\`)`).exec(paragraph);
  const length = end ? run.length + end.index + run.length : run.length;
  return { length, written: prose.slice(at, at + length) };
}

/** What follows in the same paragraph, as far as a formula may reach. */
function paragraphFrom(prose: string, from: number): string {
  const reach = prose.slice(from, from + MAX_FORMULA);
  const end = reach.search(/\n[ \t]*\n/);
  return end === -1 ? reach : reach.slice(0, end);
}

function bracketedAt(prose: string, at: number, open: string, close: string): Found | undefined {
  if (!prose.startsWith(open, at)) return undefined;
  const paragraph = paragraphFrom(prose, at + open.length);
  const end = paragraph.indexOf(close);
  const formula = paragraph.slice(0, Math.max(0, end));
  // `\[text\](address)` is a link that somebody has escaped.
  const isLink = close === "\\]" && paragraph.startsWith("(", end + close.length);
  if (isLink || !isFormula(formula)) return undefined;
  const length = open.length + end + close.length;
  const isDisplayed = open === "\\[" && isAlone(prose, at, length);
  return { length, written: isDisplayed ? displayed(prose, at, formula) : inText(formula) };
}

function doubleDollarsAt(prose: string, at: number): Found {
  const rest = prose.slice(at + 2, at + 2 + MAX_FORMULA);
  const end = rest.indexOf("$$");
  const formula = rest.slice(0, Math.max(0, end));
  const length = end + 4;
  // What has no end yet stays as it is, and so does what the parser reads as it is meant.
  if (end === -1) return { length: 2, written: "$$" };
  if (!isFormula(formula) || !isAlone(prose, at, length))
    return { length, written: prose.slice(at, at + length) };
  return { length, written: displayed(prose, at, formula) };
}

/**
 * A formula between single dollars, by the rules of Pandoc: nothing white stands inside of them, and the second is not
 * followed by a digit. Neither stands next to a letter outside, and what looks like an amount of money is none.
 */
function dollarAt(prose: string, at: number): Found | undefined {
  if (/[\p{L}\p{N}\\]/u.test(prose.charAt(at - 1))) return undefined;
  const [line = ""] = paragraphFrom(prose, at + 1).split("\n", 1);
  const end = line.search(/(?<!\\)\$/);
  const formula = line.slice(0, Math.max(0, end));
  const isEnclosed = isFormula(formula) && formula === formula.trim();
  if (!isEnclosed || /[\p{L}\p{N}$]/u.test(line.charAt(end + 1)) || isAmount(formula))
    return undefined;
  return { length: end + 2, written: inText(formula) };
}

/** An amount of money, and what else stands before the next dollar: "5 (or 6 US". */
const isAmount = (formula: string): boolean =>
  /^[\d.,]+(?!\d).*\s/.test(formula) && !/[\\^_={}<>+]/.test(formula);

const isFormula = (formula: string): boolean =>
  formula.trim() !== "" && !formula.includes("$$") && !/\n[ \t]*\n/.test(formula);

const inText = (formula: string): string => `$$${formula.trim().replaceAll(/\s*\n\s*/g, " ")}$$`;

/** What stands before a place in its line. */
const lineBefore = (prose: string, at: number): string =>
  prose.slice(prose.lastIndexOf("\n", at - 1) + 1, at);

/** Whether nothing else is in the lines. */
function isAlone(prose: string, at: number, length: number): boolean {
  const [after = ""] = prose.slice(at + length, at + length + MAX_FORMULA).split("\n", 1);
  return /^[ \t>]*$/.test(lineBefore(prose, at)) && after.trim() === "";
}

/** On lines of its own, as far to the right as it was, so that it stays part of its list. */
function displayed(prose: string, at: number, formula: string): string {
  const indent = lineBefore(prose, at);
  const lines = formula.trim().split("\n");
  return ["$$", ...lines.map((line) => indent + line.trim()), `${indent}$$`].join("\n");
}
