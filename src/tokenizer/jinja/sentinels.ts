/**
 * @file Finds out what a program writes around the contents of messages, without showing it any.
 *
 * The program is given marks in place of contents. Where a mark stands in its text, the content belongs; the rest is
 * text of the template. So contents reach neither the program nor the part of a prompt in which special tokens count,
 * and the text around them does not depend on them.
 *
 * Many templates trim contents. Each mark therefore has white space around it, and what is left of that says what the
 * template trims on each side.
 */

/** What a template strips from an end of a content. */
export type Trim = "nothing" | "newlines" | "newlines and spaces" | "white space";

/** The place of a message's content, or of its reasoning, in the program's text. */
export interface Place {
  /** Index of the message. */
  message: number;
  part: "content" | "reasoning";
  left: Trim;
  right: Trim;
}

/** A program's text, cut at its places: `texts` has one more entry, and they alternate. */
export interface CutText {
  texts: string[];
  places: Place[];
}

/** Two characters for private use, which no text of a template has. */
const BEGIN = "\uf0a7";
const END = "\uf0a8";
const PARTS = ["content", "reasoning"] as const;
const MARK = new RegExp(`${BEGIN}([01])([0-9]{1,7})${END}`);

/** White space that only stripping of all white space takes away. */
const RARE_SPACE = "\u2003";
/** What is left of the white space before a mark. Behind it, the same is mirrored. */
const LEFT_OVER: readonly [string, Trim][] = [
  [`\n ${RARE_SPACE}`, "nothing"],
  [` ${RARE_SPACE}`, "newlines"],
  [RARE_SPACE, "newlines and spaces"],
  ["", "white space"],
];
const AROUND = `\n ${RARE_SPACE}`;

const mirrored = (text: string): string => Array.from(text).reverse().join("");

/** What stands for a content, or for a reasoning. */
export function markOf(message: number, part: Place["part"]): string {
  return `${AROUND}${BEGIN}${PARTS.indexOf(part)}${message}${END}${mirrored(AROUND)}`;
}

/** Whether a program has in its own text what marks consist of. */
export const hasMarks = (jinja: string): boolean => [BEGIN, END].some((one) => jinja.includes(one));

/**
 * Cuts a program's text at its marks.
 *
 * @returns undefined if a mark is damaged
 */
export function cutAtMarks(text: string): CutText | undefined {
  // Splitting by a pattern with groups gives the text before a mark, its two groups, and so on.
  const pieces = text.split(MARK);
  const texts = pieces.filter((_, i) => i % 3 === 0);
  const places: Place[] = [];
  for (let i = 1; i < texts.length; i++) {
    const part = PARTS[Number(pieces[3 * i - 2])] ?? "content";
    const left = stripLeftOver(texts[i - 1] ?? "");
    const right = stripLeftOver(mirrored(texts[i] ?? ""));
    texts[i - 1] = left.text;
    texts[i] = mirrored(right.text);
    places.push({ message: Number(pieces[3 * i - 1]), part, left: left.trim, right: right.trim });
  }
  return texts.some(hasMarks) ? undefined : { texts, places };
}

function stripLeftOver(text: string): { text: string; trim: Trim } {
  for (const [left, trim] of LEFT_OVER)
    if (text.endsWith(left)) return { text: text.slice(0, text.length - left.length), trim };
  return { text, trim: "white space" };
}

/** The characters that are stripped. All white space is left to JavaScript, which has its own way. */
const STRIPPED = { newlines: "\n", "newlines and spaces": "\n " } as const;

/** A content as the template writes it at a place. */
export function trimmedFor({ left, right }: Place, content: string): string {
  return trimEnd(trimStart(content, left), right);
}

function trimStart(text: string, trim: Trim): string {
  if (trim === "nothing") return text;
  if (trim === "white space") return text.trimStart();
  let start = 0;
  while (start < text.length && STRIPPED[trim].includes(text.charAt(start))) start++;
  return text.slice(start);
}

function trimEnd(text: string, trim: Trim): string {
  if (trim === "nothing") return text;
  if (trim === "white space") return text.trimEnd();
  let end = text.length;
  while (end > 0 && STRIPPED[trim].includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
