import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";

/** What an exported file calls itself. */
export const EXPORT_FORMAT = "rekindle.conversations";
export const EXPORT_VERSION = 1;

/** One conversation of an exported file: its record, and all messages of its tree. */
export interface ExportedConversation {
  conversation: ConversationRecord;
  messages: MessageRecord[];
}

/**
 * All conversations as one JSON file, with nothing left out: the trees, settings and tokens. A conversation is written at a
 * time, so that only one is in memory besides the text of the others.
 *
 * @param nowMs when the file is written, in milliseconds since 1970
 */
export async function exportText(
  store: Pick<ConversationStore, "conversations" | "messages">,
  nowMs: number,
): Promise<Blob> {
  const head = { format: EXPORT_FORMAT, version: EXPORT_VERSION, exportedAtMs: nowMs };
  const parts: Blob[] = [];
  for (const conversation of await store.conversations()) {
    const messages = await store.messages(conversation.id);
    const exported: ExportedConversation = { conversation, messages };
    parts.push(new Blob([parts.length === 0 ? "\n" : ",\n", JSON.stringify(exported)]));
  }
  const beginning = JSON.stringify(head).slice(0, -1);
  return new Blob([beginning, ',"conversations":[', ...parts, "\n]}\n"], {
    type: "application/json",
  });
}
