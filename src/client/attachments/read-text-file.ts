import {
  attachmentName,
  MAX_ATTACHED_CHARACTERS,
  type Attachment,
} from "../../protocol/attachments.ts";

/** Why a file is not part of a message. */
export type AttachmentRefusal = {
  /** `too-many`: the message has as many files as it may have, or as much text. */
  why: "not-text" | "empty" | "too-large" | "too-many" | "unreadable";
  name: string;
};

/** A text in UTF-16 has two bytes for each of its characters, and one in UTF-8 has four at most. */
const MAX_BYTES = 4 * MAX_ATTACHED_CHARACTERS;

/** Bytes at the beginning of a file that say whether it is text. */
const LOOKED_AT = 65_536;

/**
 * Reads a file as text.
 *
 * - `TF1` A file that is larger than a message may be is not read, and neither is an empty one.
 * - `TF2` A byte order mark decides: UTF-8, or UTF-16 of either order.
 * - `TF3` Without one, a file with a zero byte or many control characters near its beginning is no text, and neither is a
 *   PDF or an archive. Of those no more than the beginning is read.
 * - `TF4` What is valid UTF-8 is UTF-8. Anything else is Windows-1252, in which every byte is a letter.
 * - `TF5` Line ends become those of Unix, as models know them.
 */
export async function readTextFile(file: File): Promise<Attachment | AttachmentRefusal> {
  const name = attachmentName(file.name);
  if (file.size > MAX_BYTES) return { why: "too-large", name };
  if (file.size === 0) return { why: "empty", name };
  try {
    const beginning = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
    const encoding = encodingOf(beginning);
    if (encoding === undefined && isBinary(beginning)) return { why: "not-text", name };
    const text = decoded(await file.arrayBuffer(), encoding).replace(/\r\n?/g, "\n");
    if (text.length > MAX_ATTACHED_CHARACTERS) return { why: "too-large", name };
    return text.trim() === "" ? { why: "empty", name } : { name, text };
  } catch {
    // The file is a folder, is gone, or must not be read.
    return { why: "unreadable", name };
  }
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

const begins = (bytes: Uint8Array, mark: readonly number[]): boolean =>
  mark.every((byte, i) => bytes[i] === byte);

const encodingOf = (bytes: Uint8Array): Encoding | undefined =>
  MARKS.find(([, mark]) => begins(bytes, mark))?.[0];

/** "%PDF-", and what ZIP archives begin with, which office documents are. */
const NO_TEXTS = [
  [0x25, 0x50, 0x44, 0x46, 0x2d],
  [0x50, 0x4b, 0x03, 0x04],
] as const;

/** Control characters that a text may have, as a share of it: terminals write some. */
const MAX_CONTROL_SHARE = 0.02;

function isBinary(bytes: Uint8Array): boolean {
  if (bytes.includes(0) || NO_TEXTS.some((mark) => begins(bytes, mark))) return true;
  // Tab, line feed, form feed, carriage return and escape are usual.
  const controls = bytes.filter((byte) => byte < 32 && ![9, 10, 12, 13, 27].includes(byte));
  return controls.length > bytes.length * MAX_CONTROL_SHARE;
}

function decoded(bytes: ArrayBuffer, encoding: Encoding | undefined): string {
  if (encoding) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
