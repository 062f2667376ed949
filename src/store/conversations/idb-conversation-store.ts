import type { QualityLevel } from "../../protocol/quality.ts";
import type { MessageRecord, NewMessage } from "../../protocol/store-api.ts";
import type { AddedConversation, ConversationStore } from "./conversation-store.ts";
import {
  appended,
  asConversation,
  changed,
  qualityFrom,
  withChange,
  withQuality,
} from "../records/conversation-record.ts";
import { withoutDeletion } from "../records/discarded.ts";
import {
  changeAll,
  deleteIfDiscarded,
  deleteWhole,
  readDiscarded,
} from "./discarded-conversations.ts";
import type { Database } from "../database/open-database.ts";
import { withdrawn } from "./branches.ts";
import { readConversations } from "./read-conversations.ts";
import { readMessages } from "./read-messages.ts";
import { withDatabase } from "../database/with-database.ts";
import { readTransaction, writeTransaction } from "../database/transactions.ts";

/** The key of the level for all conversations, in the object store `settings`. */
const QUALITY = "quality";

/** Keeps conversations in IndexedDB. */
export function idbConversationStore(
  connect: () => Promise<Database>,
  now: () => number = Date.now,
): ConversationStore {
  const withDb = withDatabase(connect);

  return {
    conversations: () => withDb((db) => readTransaction(db, ["conversations"], readConversations)),

    messages: (conversationId) =>
      withDb((db) =>
        readTransaction(db, ["conversations", "messages"], async (tx) => {
          const record = asConversation(await tx.objectStore("conversations").get(conversationId));
          return record?.deletedAtMs === undefined ? readMessages(tx, conversationId) : [];
        }),
      ),

    appendMessage: (added) => withDb((db) => appendMessage(db, added, now())),

    updateMessage: (id, change) =>
      withDb((db) =>
        writeTransaction(db, ["messages"], async (tx) => {
          const messages = tx.objectStore("messages");
          const message = await messages.get(id);
          if (message) await messages.put(changed(message, change));
        }),
      ),

    setHead: (conversationId, headId) => withDb((db) => setHead(db, conversationId, headId)),

    changeConversation: (id, change) =>
      withDb((db) => changeAll(db, [id], (record) => withChange(record, change))),

    discardConversations: (ids) =>
      withDb((db) => {
        const deletedAtMs = now();
        return changeAll(db, ids, (record) => ({ ...record, deletedAtMs }));
      }),

    restoreConversations: (ids) => withDb((db) => changeAll(db, ids, withoutDeletion)),

    discarded: () => withDb((db) => readTransaction(db, ["conversations"], readDiscarded)),

    withdrawMessage: (conversationId, messageId) =>
      withDb((db) => withdrawMessage(db, conversationId, messageId)),

    deleteConversation: (id) =>
      withDb((db) =>
        writeTransaction(db, ["conversations", "messages"], (tx) => deleteWhole(tx, id)),
      ),

    addConversations: (added) => withDb((db) => addConversations(db, added)),

    quality: () => withDb(qualityOfAll),

    setQuality: (level, id) =>
      withDb((db) =>
        id === undefined ? setQualityOfAll(db, level) : setQualityOfOne(db, level, id),
      ),
  };
}

/** In one transaction, but one after another: requests that wait hold copies of what they are to store. */
const appendMessage = (db: Database, added: NewMessage, nowMs: number): Promise<MessageRecord> =>
  writeTransaction(db, ["conversations", "messages"], async (tx) => {
    const conversations = tx.objectStore("conversations");
    const messages = tx.objectStore("messages");
    await deleteIfDiscarded(tx, added.conversationId);
    const [existing, parent] = await Promise.all([
      conversations.get(added.conversationId),
      added.parentId === null ? undefined : messages.get(added.parentId),
    ]);
    const { conversation, message } = appended({ existing, parent }, added, nowMs);
    await Promise.all([conversations.put(conversation), messages.add(message)]);
    return message;
  });

const addConversations = (db: Database, added: readonly AddedConversation[]) =>
  writeTransaction(db, ["conversations", "messages"], async (tx) => {
    const all = tx.objectStore("messages");
    for (const { conversation, messages } of added)
      await Promise.all([
        tx.objectStore("conversations").add(conversation),
        ...messages.map((message) => all.add(message)),
      ]);
  });

const setHead = (db: Database, conversationId: string, headId: string) =>
  writeTransaction(db, ["conversations", "messages"], async (tx) => {
    const conversations = tx.objectStore("conversations");
    const [conversation, head] = await Promise.all([
      conversations.get(conversationId),
      tx.objectStore("messages").get(headId),
    ]);
    if (conversation && head?.conversationId === conversationId)
      await conversations.put({ ...conversation, headId });
  });

const withdrawMessage = (db: Database, conversationId: string, messageId: string) =>
  writeTransaction(db, ["conversations", "messages"], async (tx) => {
    const conversations = tx.objectStore("conversations");
    const { removed, headId } = withdrawn(await readMessages(tx, conversationId), messageId);
    const conversation = await conversations.get(conversationId);
    await Promise.all(removed.map((id) => tx.objectStore("messages").delete(id)));
    if (conversation && removed.length > 0) await conversations.put({ ...conversation, headId });
  });

const qualityOfAll = (db: Database) =>
  readTransaction(db, ["settings"], async (tx) =>
    qualityFrom(await tx.objectStore("settings").get(QUALITY)),
  );

const setQualityOfAll = (db: Database, level: QualityLevel | undefined) =>
  writeTransaction(db, ["settings"], async (tx) => {
    const settings = tx.objectStore("settings");
    if (level === undefined) await settings.delete(QUALITY);
    else await settings.put(level, QUALITY);
  });

const setQualityOfOne = (db: Database, level: QualityLevel | undefined, conversationId: string) =>
  changeAll(db, [conversationId], (record) => withQuality(record, level));
