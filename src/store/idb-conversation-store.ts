import type { ConversationStore } from "./conversation-store.ts";
import { appended, changed } from "./conversation-records.ts";
import type { Database } from "./open-database.ts";
import { withStorageFailures } from "./storage-failure.ts";
import { withDatabase } from "./with-database.ts";
import { readTransaction, writeTransaction } from "./write-transaction.ts";

/** All messages of one conversation in the index `by-conversation`. */
const messagesOf = (conversationId: string) =>
  IDBKeyRange.bound([conversationId], [conversationId, []]);

export function idbConversationStore(
  connect: () => Promise<Database>,
  now: () => number = Date.now,
): ConversationStore {
  const withDb = <T>(work: (db: Database) => Promise<T>) =>
    withStorageFailures(() => withDatabase(connect, work));

  return {
    conversations: () =>
      withDb((db) =>
        readTransaction(db, ["conversations"], async (tx) =>
          (await tx.objectStore("conversations").index("by-update").getAll()).reverse(),
        ),
      ),

    messages: (conversationId) =>
      withDb((db) =>
        readTransaction(db, ["messages"], (tx) =>
          tx.objectStore("messages").index("by-conversation").getAll(messagesOf(conversationId)),
        ),
      ),

    appendMessage: (added) =>
      withDb((db) =>
        writeTransaction(db, ["conversations", "messages"], async (tx) => {
          const conversations = tx.objectStore("conversations");
          const existing = await conversations.get(added.conversationId);
          const { conversation, message } = appended(existing, added, now());
          await Promise.all([
            conversations.put(conversation),
            tx.objectStore("messages").add(message),
          ]);
          return message;
        }),
      ),

    updateMessage: (id, change) =>
      withDb((db) =>
        writeTransaction(db, ["messages"], async (tx) => {
          const messages = tx.objectStore("messages");
          const message = await messages.get(id);
          if (message) await messages.put(changed(message, change));
        }),
      ),

    deleteConversation: (id) =>
      withDb((db) =>
        writeTransaction(db, ["conversations", "messages"], async (tx) => {
          const messages = tx.objectStore("messages");
          const keys = await messages.index("by-conversation").getAllKeys(messagesOf(id));
          await Promise.all([
            tx.objectStore("conversations").delete(id),
            ...keys.map((key) => messages.delete(key)),
          ]);
        }),
      ),
  };
}
