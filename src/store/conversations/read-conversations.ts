import type { IDBPTransaction } from "idb";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { asConversation } from "../records/conversation-record.ts";
import { isShown } from "../records/discarded.ts";
import type { RekindleDb } from "../records/schema.ts";

/** More conversations than a person looks through. Older ones stay stored, and are not read. */
const MAX_CONVERSATIONS = 10_000;

/** The conversations, most recently updated first. */
export async function readConversations(
  tx: IDBPTransaction<RekindleDb, ["conversations"]>,
): Promise<ConversationRecord[]> {
  const store = tx.objectStore("conversations");
  const isSmall = (await store.count()) <= MAX_CONVERSATIONS;
  // The index lacks conversations without a time, so it is only used if there are too many to read them all.
  const records: unknown[] = isSmall ? await store.getAll() : await readNewest(tx);
  return records
    .flatMap((record) => asConversation(record) ?? [])
    .filter(isShown)
    .sort((some, other) => other.updatedAtMs - some.updatedAtMs);
}

/** The records of the most recently updated conversations. */
async function readNewest(
  tx: IDBPTransaction<RekindleDb, ["conversations"]>,
): Promise<ConversationRecord[]> {
  const index = tx.objectStore("conversations").index("by-update");
  const newest = await index.openKeyCursor(null, "prev");
  const oldest = await newest?.advance(MAX_CONVERSATIONS - 1);
  return index.getAll(oldest ? IDBKeyRange.lowerBound(oldest.key) : null, MAX_CONVERSATIONS);
}
