import type { QualityLevel } from "../protocol/engine-api.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { appended, asKnown, changed, qualityFrom, withQuality } from "./conversation-records.ts";
import type { Database } from "./open-database.ts";
import { withStorageFailures } from "./storage-failure.ts";
import { withDatabase } from "./with-database.ts";
import { readTransaction, writeTransaction } from "./write-transaction.ts";

const QUALITY = "quality";

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
          (await tx.objectStore("conversations").index("by-update").getAll())
            .map(asKnown)
            .reverse(),
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

    quality: () => withDb(qualityOfAll),

    setQuality: (level, id) =>
      withDb((db) =>
        id === undefined ? setQualityOfAll(db, level) : setQualityOfOne(db, level, id),
      ),
  };
}

const qualityOfAll = (db: Database) =>
  readTransaction(db, ["settings"], async (tx) =>
    qualityFrom(await tx.objectStore("settings").get(QUALITY)),
  );

const setQualityOfAll = (db: Database, level: QualityLevel | undefined) =>
  writeTransaction(db, ["settings"], async (tx) => {
    const settings = tx.objectStore("settings");
    if (level === undefined) await settings.delete(QUALITY);
    // A string, whatever the schema's one type for all settings says.
    else await settings.put(level as unknown as number, QUALITY);
  });

const setQualityOfOne = (db: Database, level: QualityLevel | undefined, conversationId: string) =>
  writeTransaction(db, ["conversations"], async (tx) => {
    const conversations = tx.objectStore("conversations");
    const conversation = await conversations.get(conversationId);
    if (conversation) await conversations.put(withQuality(conversation, level));
  });
