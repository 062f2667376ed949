import {
  MAX_ATTACHED_CHARACTERS,
  MAX_ATTACHMENTS,
  type Attachment,
} from "../../protocol/attachments.ts";
import type { AttachmentRefusal } from "./read-text-file.ts";

export interface Added {
  attachments: readonly Attachment[];
  refusals: readonly AttachmentRefusal[];
}

/**
 * What a message brings along after files were added.
 *
 * - `AA1` The same file with the same text is there once.
 * - `AA2` What goes beyond the number of files or the text of one message is refused, by name.
 */
export function added(
  before: readonly Attachment[],
  read: readonly (Attachment | AttachmentRefusal)[],
): Added {
  const attachments = [...before];
  const refusals: AttachmentRefusal[] = [];
  for (const one of read) {
    if ("why" in one) refusals.push(one);
    else if (attachments.some((other) => isSame(one, other))) continue;
    else if (hasRoom(attachments, one)) attachments.push(one);
    else refusals.push({ why: "too-many", name: one.name });
  }
  return { attachments, refusals };
}

/** What is left after files were removed. A file that was read from the store meanwhile is another object. */
export const without = (
  attachments: readonly Attachment[],
  removed: readonly Attachment[],
): Attachment[] => attachments.filter((one) => !removed.some((other) => isSame(one, other)));

const isSame = (one: Attachment, other: Attachment): boolean =>
  one.name === other.name && one.text === other.text;

const hasRoom = (attachments: readonly Attachment[], { text }: Attachment): boolean =>
  attachments.length < MAX_ATTACHMENTS &&
  attachments.reduce((sum, one) => sum + one.text.length, text.length) <= MAX_ATTACHED_CHARACTERS;

/** `name`, or the first of "name 2", "name 3" that no file has yet. The number stands before the ending. */
export function freeName(name: string, attachments: readonly Attachment[]): string {
  const names = new Set(attachments.map((one) => one.name));
  const [stem = "", ending = ""] = name.split(/(?=\.[^.]*$)/u);
  for (let i = 1; ; i++) {
    const free = i === 1 ? name : `${stem} ${String(i)}${ending}`;
    if (!names.has(free)) return free;
  }
}
