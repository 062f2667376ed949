/**
 * @file What the app keeps in IndexedDB, read and written behind its back, from any page of its origin.
 * Names as in the schema, which is on the other side of the thread boundary.
 */

import type { JSHandle, Page } from "@playwright/test";
import type { ChunkMeta } from "../../src/protocol/kv-store-api.ts";
import type { ConversationRecord, MessageRecord } from "../../src/protocol/store-api.ts";

/** An address of the app's origin where no app starts. */
export const PLAIN_PAGE = "/icon.svg";

/** The text of one conversation: all that an engine needs to go on with it. */
export interface StoredText {
  conversation: ConversationRecord;
  messages: MessageRecord[];
}

/** Of one chunk. */
export interface StoredChunk extends ChunkMeta {
  /** Ids of the conversations that begin with its tokens. */
  owners: string[];
}

interface Records {
  conversations: ConversationRecord;
  messages: MessageRecord;
  kvMeta: StoredChunk;
}

/** Oldest message first. Undefined while nothing of the conversation is stored. */
export async function storedText(page: Page, id: string): Promise<StoredText | undefined> {
  const conversations = await readAll(page, "conversations");
  const conversation = conversations.find((record) => record.id === id);
  const messages = (await readAll(page, "messages"))
    .filter(({ conversationId }) => conversationId === id)
    .toSorted((some, other) => some.createdAtMs - other.createdAtMs);
  return conversation && { conversation, messages };
}

/** All there are, of whichever conversation. */
export const storedChunks = (page: Page): Promise<StoredChunk[]> => readAll(page, "kvMeta");

/** Adds a conversation where an app has opened the database before. */
export async function storeText(page: Page, text: StoredText): Promise<void> {
  await withDatabase(page, (database) =>
    database.evaluate(async (db, { conversation, messages }) => {
      const tx = db.transaction(["conversations", "messages"], "readwrite");
      tx.objectStore("conversations").put(conversation);
      for (const message of messages) tx.objectStore("messages").put(message);
      await new Promise((resolve) => (tx.oncomplete = resolve));
    }, text),
  );
}

function readAll<Name extends keyof Records>(page: Page, name: Name): Promise<Records[Name][]> {
  return withDatabase(page, (database) =>
    database.evaluate(async (db, store) => {
      const request = db.transaction(store).objectStore(store).getAll();
      await new Promise((resolve) => (request.onsuccess = resolve));
      return request.result as Records[Name][];
    }, name),
  );
}

/** Holds a connection no longer than the work takes, so that nobody waits for it to go. */
export async function withDatabase<T>(
  page: Page,
  work: (database: JSHandle<IDBDatabase>) => Promise<T>,
): Promise<T> {
  const database = await page.evaluateHandle(
    () =>
      new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open("rekindle");
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(new Error(String(opening.error)));
      }),
  );
  try {
    return await work(database);
  } finally {
    await database.evaluate((db) => db.close());
    await database.dispose();
  }
}
