import type { IDBPTransaction } from "idb";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { asConversation } from "../records/conversation-record.ts";
import type { RekindleDb } from "../records/schema.ts";

/** More than a person looks through. What is older stays stored, and is not read. */
const MAX_CONVERSATIONS = 10_000;

/** The most recently updated first. */
export async function readConversations(
  tx: IDBPTransaction<RekindleDb, ["conversations"]>,
): Promise<ConversationRecord[]> {
  const store = tx.objectStore("conversations");
  const isSmall = (await store.count()) <= MAX_CONVERSATIONS;
  // The index lacks those that have no time; it is only asked where there are more than can be shown.
  const records: unknown[] = isSmall ? await store.getAll() : await readNewest(tx);
  return records
    .flatMap((record) => asConversation(record) ?? [])
    .sort((some, other) => other.updatedAtMs - some.updatedAtMs);
}

async function readNewest(
  tx: IDBPTransaction<RekindleDb, ["conversations"]>,
): Promise<ConversationRecord[]> {
  const index = tx.objectStore("conversations").index("by-update");
  const newest = await index.openKeyCursor(null, "prev");
  const oldest = await newest?.advance(MAX_CONVERSATIONS - 1);
  return index.getAll(oldest ? IDBKeyRange.lowerBound(oldest.key) : null, MAX_CONVERSATIONS);
}
