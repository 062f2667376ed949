import type { IDBPTransaction } from "idb";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import type { Database } from "../database/open-database.ts";
import { writeTransaction } from "../database/transactions.ts";
import { asConversation } from "../records/conversation-record.ts";
import { asDiscarded } from "../records/discarded.ts";
import type { RekindleDb } from "../records/schema.ts";
import { messagesOf, readMessages } from "./read-messages.ts";

type TextTransaction = IDBPTransaction<RekindleDb, ("conversations" | "messages")[], "readwrite">;

/** Changes the records of those conversations that are there, all of them or none. */
export const changeAll = (
  db: Database,
  ids: readonly string[],
  to: (record: ConversationRecord) => ConversationRecord,
): Promise<void> =>
  writeTransaction(db, ["conversations"], async (tx) => {
    const store = tx.objectStore("conversations");
    for (const id of ids) {
      const record = await store.get(id);
      if (record) await store.put(to(record));
    }
  });

/** Deletes a conversation's record and all of its messages. */
export async function deleteWhole(tx: TextTransaction, id: string): Promise<void> {
  const messages = tx.objectStore("messages");
  const keys = await messages.index("by-conversation").getAllKeys(messagesOf(id));
  const read = await readMessages(tx, id);
  await Promise.all([
    tx.objectStore("conversations").delete(id),
    ...[...keys, ...read.map((message) => message.id)].map((key) => messages.delete(key)),
  ]);
}

/** What is said in a conversation that was deleted begins another one: what was said before does not come back with it. */
export async function deleteIfDiscarded(tx: TextTransaction, id: string): Promise<void> {
  const record = asConversation(await tx.objectStore("conversations").get(id));
  if (record?.deletedAtMs !== undefined) await deleteWhole(tx, id);
}

export async function readDiscarded(
  tx: IDBPTransaction<RekindleDb, ["conversations"]>,
): Promise<{ id: string; deletedAtMs: number }[]> {
  const records: unknown[] = await tx.objectStore("conversations").getAll();
  return records.flatMap((record) => asConversation(record) ?? []).flatMap(asDiscarded);
}
