import { openDB, type IDBPDatabase } from "idb";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import { asConversation } from "../records/conversation-record.ts";
import { isShown } from "../records/discarded.ts";
import { asMessage, inOrder, withHeadLast } from "../records/message-record.ts";
import type { ConversationStore } from "./conversation-store.ts";

/** What reads text, and changes nothing. */
export type TextSource = Pick<ConversationStore, "conversations" | "messages">;

/** Some browsers have been known never to answer. */
const OPEN_MS = 10_000;

/** More conversations than a person has. */
const MAX_CONVERSATIONS = 20_000;

/**
 * Has `work` read the text of a database at whatever version that is, even a newer one than this build knows. Records are
 * checked as always, so that what this build understands of them is read, and the rest is left out. Nothing is changed, and
 * the database is closed as soon as `work` has ended or another tab wants it.
 *
 * @throws DOMException if there is no such database, or it cannot be opened
 */
export async function readAnyVersion<T>(
  name: string,
  work: (source: TextSource) => Promise<T>,
): Promise<T> {
  const db = await openAsItIs(name);
  try {
    return await work(textOf(db));
  } finally {
    db.close();
  }
}

async function openAsItIs(name: string): Promise<IDBPDatabase> {
  const opening = openDB(name, undefined, {
    // There is no such database, and none is to be made.
    upgrade: (_db, _from, _to, tx) => {
      tx.done.catch(() => undefined);
      tx.abort();
    },
    blocking: (_current, _next, event) => (event.target as IDBDatabase).close(),
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    const late = () => reject(new DOMException("no answer when opening", "TimeoutError"));
    timer = setTimeout(late, OPEN_MS);
  });
  try {
    return await Promise.race([opening, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function textOf(db: IDBPDatabase): TextSource {
  let scanned: Promise<unknown[]> | undefined;
  /** Without the index, all messages are read once. */
  const recordsOf = async (conversationId: string): Promise<unknown[]> => {
    if (!db.objectStoreNames.contains("messages")) return [];
    const messages = db.transaction("messages").store;
    if (!messages.indexNames.contains("by-conversation"))
      return (scanned ??= messages.getAll() as Promise<unknown[]>);
    const range = IDBKeyRange.bound([conversationId], [conversationId, []]);
    return messages.index("by-conversation").getAll(range);
  };
  return {
    conversations: async () =>
      (await readConversations(db)).flatMap((one) => asConversation(one) ?? []).filter(isShown),
    messages: async (conversationId): Promise<MessageRecord[]> => {
      const records = await recordsOf(conversationId);
      const known = records.flatMap((record) => asMessage(record, conversationId) ?? []);
      const headId = (await readConversation(db, conversationId))?.headId ?? null;
      return withHeadLast(inOrder(known), headId);
    },
  };
}

const CONVERSATIONS = "conversations";

async function readConversations(db: IDBPDatabase): Promise<unknown[]> {
  if (!db.objectStoreNames.contains(CONVERSATIONS)) return [];
  return db.getAll(CONVERSATIONS, null, MAX_CONVERSATIONS);
}

async function readConversation(
  db: IDBPDatabase,
  id: string,
): Promise<ConversationRecord | undefined> {
  if (!db.objectStoreNames.contains(CONVERSATIONS)) return undefined;
  return asConversation(await db.get(CONVERSATIONS, id).catch(() => undefined));
}
