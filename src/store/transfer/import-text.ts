import type { ConversationRecord, ImportSummary, MessageRecord } from "../../protocol/store-api.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { fieldsOf, isName } from "../../shared/record-fields.ts";
import type { ConversationStore } from "../conversations/conversation-store.ts";
import { asConversation } from "../records/conversation-record.ts";
import { asMessage, inOrder } from "../records/message-record.ts";
import { EXPORT_FORMAT, EXPORT_VERSION } from "./export-text.ts";

/** A file is read into memory as a whole, and takes some times as much there. */
const MAX_BYTES = 100e6;
const MAX_CONVERSATIONS = 20_000;
const MAX_MESSAGES = 500_000;

/**
 * Adds the conversations of an exported file to those that are there. Nothing in the file is believed: records are
 * checked as those of the database are, ids are made anew, and a message whose parent does not stand before it begins a
 * branch of its own, so that no path can be a circle.
 *
 * @throws EngineError `import-refused` if the file is none that was exported; then nothing was added
 */
export async function importText(
  store: Pick<ConversationStore, "addConversation">,
  file: Blob,
): Promise<ImportSummary> {
  const conversations = await read(file);
  const summary: ImportSummary = { conversations: 0, messages: 0 };
  for (const exported of conversations) {
    const found = renewed(exported);
    if (!found) continue;
    await store.addConversation(found.conversation, found.messages);
    summary.conversations++;
    summary.messages += found.messages.length;
  }
  return summary;
}

const refused = (why: "too-large" | "not-exported" | "newer"): EngineError =>
  new EngineError({ code: "import-refused", why });

async function read(file: Blob): Promise<readonly unknown[]> {
  if (file.size > MAX_BYTES) throw refused("too-large");
  const content = fieldsOf(parsed(await file.text()));
  if (content?.["format"] !== EXPORT_FORMAT) throw refused("not-exported");
  const { version, conversations } = content;
  if (typeof version !== "number" || !Array.isArray(conversations)) throw refused("not-exported");
  if (version > EXPORT_VERSION) throw refused("newer");
  const all = conversations as readonly unknown[];
  const messages = all.reduce<number>((sum, one) => sum + messagesIn(one).length, 0);
  if (all.length > MAX_CONVERSATIONS || messages > MAX_MESSAGES) throw refused("too-large");
  return all;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("not-exported");
  }
}

function messagesIn(exported: unknown): readonly unknown[] {
  const messages = fieldsOf(exported)?.["messages"];
  return Array.isArray(messages) ? messages : [];
}

interface Renewed {
  conversation: ConversationRecord;
  messages: MessageRecord[];
}

/** A conversation with ids of its own, as far as it can be read; undefined if it has nothing to read. */
function renewed(exported: unknown): Renewed | undefined {
  const conversation = asConversation(fieldsOf(exported)?.["conversation"]);
  if (!conversation) return undefined;
  const known = messagesIn(exported).flatMap((one) => asMessage(one, conversation.id) ?? []);
  if (known.length === 0) return undefined;
  const id = crypto.randomUUID();
  /** New ids of the messages that came before. */
  const ids = new Map<string, string>();
  let before = -1;
  const messages = inOrder(known).flatMap((message) => {
    // Of two messages with one id, the first counts.
    if (ids.has(message.id)) return [];
    const parentId = ids.get(message.parentId ?? "") ?? null;
    const renewedId = crypto.randomUUID();
    ids.set(message.id, renewedId);
    // A reply that was growing when it was exported has been cut short.
    const status = message.status === "streaming" ? "stopped" : message.status;
    // Messages are ordered by their times, so that no two are equal.
    const createdAtMs = (before = Math.max(message.createdAtMs, before + 1));
    return [
      { ...message, createdAtMs, id: renewedId, conversationId: id, parentId, status } as const,
    ];
  });
  const headId = isName(conversation.headId) ? ids.get(conversation.headId) : undefined;
  const newest = messages.at(-1);
  return {
    conversation: { ...conversation, id, headId: headId ?? newest?.id ?? null },
    messages,
  };
}
