/** A text file that a message brings along. */
export interface Attachment {
  /** As `attachmentName` makes it. */
  name: string;
  text: string;
}

/** A message's own text, and what it brings along. */
export interface WholeMessage {
  text: string;
  attachments?: readonly Attachment[] | undefined;
}

/** Files of one message. */
export const MAX_ATTACHMENTS = 10;

/** UTF-16 units of all files of one message: more than any model that runs in a tab has a context for. */
export const MAX_ATTACHED_CHARACTERS = 8_000_000;

/** Letters of a file's name. */
const MAX_NAME = 120;

/** Control characters, and those that turn the direction of writing around: a name must not hide its own ending. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A file's name in one line of plain text, for a person and for the model. What is too long loses its middle, so that
 * the ending stays. A name that was made by this function is not changed by it.
 */
export function attachmentName(name: string): string {
  const plain = name.slice(0, 10_000).replace(/\s+/gu, " ").replace(UNSEEN, "").trim();
  const letters = Array.from(plain === "" ? "file" : plain);
  if (letters.length <= MAX_NAME) return letters.join("");
  const half = MAX_NAME / 2;
  return `${letters.slice(0, half).join("")}…${letters.slice(1 - half).join("")}`;
}

/**
 * All that a message says, as the model reads it: each file with its name, between two lines of backticks, and the
 * message's own text after them. The lines have more backticks than any row of them in the file, so that no file can end
 * its frame and go on in the person's name. The same message always gives the same text, on which its KV depends: this is
 * a stored format.
 */
export function wholeText({ text, attachments = [] }: WholeMessage): string {
  const files = attachments.map(framed);
  return [...files, ...(text === "" && files.length > 0 ? [] : [text])].join("\n\n");
}

function framed({ name, text }: Attachment): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  const end = text.endsWith("\n") ? "" : "\n";
  return `File "${name.replaceAll('"', "'")}":\n${fence}\n${text}${end}${fence}`;
}

/** Backticks in the longest row of them. */
function longestRun(text: string): number {
  let longest = 0;
  for (const [row] of text.matchAll(/`+/g)) longest = Math.max(longest, row.length);
  return longest;
}

/**
 * Checks the files of a stored message or draft when they are read: anything may have written them. What has no text is
 * left out, and so is what goes beyond the bounds of one message.
 */
export function asAttachments(value: unknown): Attachment[] {
  const found: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_ATTACHMENTS) : [];
  let room = MAX_ATTACHED_CHARACTERS;
  return found.flatMap((one) => {
    const { name, text } = (one ?? {}) as Partial<Record<keyof Attachment, unknown>>;
    if (typeof text !== "string" || text === "" || text.length > room) return [];
    room -= text.length;
    return [{ name: attachmentName(typeof name === "string" ? name : ""), text }];
  });
}
