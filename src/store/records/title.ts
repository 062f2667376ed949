import { withoutGreeting, withoutMarks } from "./plain-line.ts";

const TITLE_GRAPHEMES = 60;
/** A first sentence of fewer graphemes says too little: the next one is taken with it. */
const TELLING_GRAPHEMES = 12;

/** UTF-16 units of a text that are looked at for its title. A message may have many megabytes. */
const LOOKED_AT = 10_000;

/**
 * The title of a conversation that begins with `text`: its first sentence on one line, without the marks of Markdown and
 * without the greeting before it. Where there is nothing but a greeting, that is the title. A longer sentence is cut after
 * a word, or after a whole grapheme if its first word is too long.
 */
export function titleFrom(text: string): string {
  const lines = linesOf(text);
  const telling = lines.map(withoutGreeting).find((line) => line !== "");
  return shortened(firstSentence(telling ?? lines[0] ?? ""));
}

/** Whether a title says nothing of what the conversation is about. */
export const isOnlyGreeting = (title: string): boolean =>
  linesOf(title).every((line) => withoutGreeting(line) === "");

const linesOf = (text: string): string[] =>
  text
    .trimStart()
    .slice(0, LOOKED_AT)
    .split(/[\r\n]+/)
    .map(withoutMarks)
    .filter((line) => line !== "");

function firstSentence(line: string): string {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter(undefined, {
    granularity: "sentence",
  }).segment(line)) {
    end = index + segment.length;
    if (graphemesOf(line.slice(0, end).trim()) >= TELLING_GRAPHEMES) break;
  }
  return line.slice(0, end).trim();
}

const graphemesOf = (text: string): number => [...new Intl.Segmenter().segment(text)].length;

function shortened(line: string): string {
  const head = firstGraphemes(line, TITLE_GRAPHEMES);
  if (head === line) return line;
  const whole = lastWordEnd(line, head.length);
  return `${(whole > 0 ? line.slice(0, whole) : head).trimEnd()}…`;
}

/** Where the last word ends that is inside the first `length` units. Words are those of the script: some have no spaces. */
function lastWordEnd(line: string, length: number): number {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity: "word" }).segment(
    line,
  )) {
    if (index + segment.length > length) break;
    end = index + segment.length;
  }
  return end;
}

function firstGraphemes(text: string, count: number): string {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text)) {
    if (count-- === 0) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
