import type { ImportSummary } from "../../protocol/store-api.ts";
import { fieldsOf, type Fields } from "../../shared/record-fields.ts";
import type { AddedConversation, ConversationStore } from "../conversations/conversation-store.ts";
import { conversationsInFile } from "./conversations-in-file.ts";
import type { ReadConversation } from "./read-conversation.ts";
import { readChatGpt } from "./read-chatgpt.ts";
import { readExported } from "./read-exported.ts";
import { readLlama } from "./read-llama.ts";
import { refused } from "./refused.ts";
import { renewed } from "./renewed.ts";

/** What may be imported at once. It is in memory until all of it is stored. */
export interface ImportLimits {
  conversations: number;
  messages: number;
  /** UTF-16 units of all texts together. */
  characters: number;
  /** UTF-16 units of one text. */
  text: number;
}

const LIMITS: ImportLimits = {
  conversations: 20_000,
  messages: 500_000,
  characters: 150e6,
  text: 2 ** 24,
};

/**
 * Adds the conversations of a file to those that are there: one that this page has exported, ChatGPT's
 * `conversations.json`, or one of llama.cpp's web UI. Nothing in the file is believed: records are checked as those of the
 * database are, ids are made anew, and no path can be a circle. What cannot be read is counted.
 *
 * All conversations are stored in one transaction. So a file is imported as a whole, as far as it can be read, or not at all.
 *
 * @throws EngineError `import-refused` if the file is none that can be imported; then nothing was added
 */
export async function importText(
  store: Pick<ConversationStore, "addConversations">,
  file: Blob,
  { nowMs = Date.now(), limits = LIMITS }: { nowMs?: number; limits?: ImportLimits } = {},
): Promise<ImportSummary> {
  const added: AddedConversation[] = [];
  const summary: ImportSummary = { conversations: 0, messages: 0, unread: 0 };
  let characters = 0;
  for await (const found of conversationsInFile(file)) {
    const read = found && conversationOf(found);
    if (!read || lengthOfLongest(read) > limits.text) summary.unread++;
    else {
      added.push(renewed(read, nowMs));
      summary.messages += read.messages.length;
      characters += lengthOfAll(read);
    }
    summary.conversations = added.length;
    if (added.length + summary.unread > limits.conversations) throw refused("too-large");
    if (summary.messages > limits.messages || characters > limits.characters)
      throw refused("too-large");
  }
  if (added.length === 0 && summary.unread > 0) throw refused("not-exported");
  if (added.length > 0) await store.addConversations(added);
  return summary;
}

/** A conversation of any of the formats; undefined if it is of none, or has nothing to read. */
function conversationOf(found: Fields): ReadConversation | undefined {
  if (fieldsOf(found["mapping"])) return readChatGpt(found);
  const { conv, messages } = found;
  if (conv !== undefined && Array.isArray(messages)) return readLlama(conv, messages);
  return readExported(found);
}

const lengthOf = ({ text, reasoning = "" }: ReadConversation["messages"][number]): number =>
  text.length + reasoning.length;

const lengthOfLongest = ({ messages }: ReadConversation): number =>
  messages.reduce((most, message) => Math.max(most, lengthOf(message)), 0);

const lengthOfAll = ({ messages }: ReadConversation): number =>
  messages.reduce((sum, message) => sum + lengthOf(message), 0);
