import type {
  ConversationRecord,
  ExportRequest,
  MarkdownWords,
  MessageRecord,
} from "../../protocol/store-api.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";
import { conversationMarkdown } from "./markdown.ts";

/** What an exported file calls itself. */
export const EXPORT_FORMAT = "rekindle.conversations";
export const EXPORT_VERSION = 1;

/** One conversation of an exported file: its record, and all messages of its tree. */
interface ExportedConversation {
  conversation: ConversationRecord;
  messages: MessageRecord[];
}

type Source = Pick<ConversationStore, "conversations" | "messages">;

/**
 * One conversation or all of them as a file. JSON has nothing left out: the trees, settings and tokens. Markdown has what is
 * shown. A conversation is written at a time, so that only one is in memory besides the text of the others.
 *
 * @param nowMs when the file is written, in milliseconds since 1970
 */
export async function exportText(
  source: Source,
  { conversationId, markdown }: ExportRequest,
  nowMs: number,
): Promise<Blob> {
  const all = await source.conversations();
  const asked = conversationId === undefined ? all : all.filter(({ id }) => id === conversationId);
  return markdown
    ? markdownFile(source, asked, markdown)
    : jsonFile(source, asked, {
        format: EXPORT_FORMAT,
        version: EXPORT_VERSION,
        exportedAtMs: nowMs,
      });
}

async function jsonFile(
  source: Source,
  conversations: readonly ConversationRecord[],
  head: object,
): Promise<Blob> {
  const parts: Blob[] = [];
  for (const conversation of conversations) {
    const messages = await source.messages(conversation.id);
    const exported: ExportedConversation = { conversation, messages };
    parts.push(new Blob([parts.length === 0 ? "\n" : ",\n", JSON.stringify(exported)]));
  }
  const beginning = JSON.stringify(head).slice(0, -1);
  return new Blob([beginning, ',"conversations":[', ...parts, "\n]}\n"], {
    type: "application/json",
  });
}

async function markdownFile(
  source: Source,
  conversations: readonly ConversationRecord[],
  words: MarkdownWords,
): Promise<Blob> {
  const parts: Blob[] = [];
  for (const conversation of conversations) {
    const messages = await source.messages(conversation.id);
    const text = conversationMarkdown(conversation, messages, words);
    parts.push(new Blob([parts.length === 0 ? "" : "\n---\n\n", text]));
  }
  return new Blob(parts, { type: "text/markdown" });
}
