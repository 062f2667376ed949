import type { MessageRecord } from "../../protocol/store-api.ts";

/** UTF-16 units of one message that are searched. What comes after them is not found. */
const MAX_LENGTH = 50_000;

/** What of a message is searched: its own text, and behind that the names and the texts of its files. */
export function searchedText({ text, attachments = [] }: MessageRecord): string {
  const files = attachments.flatMap((file) => [file.name, file.text.slice(0, MAX_LENGTH)]);
  return [text, ...files].join("\n").slice(0, MAX_LENGTH);
}
