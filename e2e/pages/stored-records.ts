/**
 * @file Reads and writes what the app keeps in IndexedDB, without the app's knowledge, from any page of its origin.
 * Names are those of the schema, which is on the other side of the thread boundary.
 */

import type { JSHandle, Page } from "@playwright/test";
import { LEARNED_RECORDS, type ChunkMeta } from "../../src/protocol/kv-store-api.ts";
import type { ConversationRecord, MessageRecord } from "../../src/protocol/store-api.ts";

/** An address of the app's origin at which no app starts. */
export const PLAIN_PAGE = "/icon.svg";

/** The text of one conversation: all that an engine needs to go on with it. */
export interface StoredText {
  conversation: ConversationRecord;
  messages: MessageRecord[];
}

/** The record of one chunk. */
export interface StoredChunk extends ChunkMeta {
  /** Ids of the conversations that begin with its tokens. */
  owners: string[];
}

interface Records {
  conversations: ConversationRecord;
  messages: MessageRecord;
  kvMeta: StoredChunk;
}

/** The stored text of a conversation, oldest message first. Undefined while nothing of it is stored. */
export async function storedText(page: Page, id: string): Promise<StoredText | undefined> {
  const conversations = await readAll(page, "conversations");
  const conversation = conversations.find((record) => record.id === id);
  const messages = (await readAll(page, "messages"))
    .filter(({ conversationId }) => conversationId === id)
    .toSorted((some, other) => some.createdAtMs - other.createdAtMs);
  return conversation && { conversation, messages };
}

/** How many conversations are stored, of which the list shows those that there is room for. */
export const countConversations = async (page: Page): Promise<number> =>
  (await readAll(page, "conversations")).length;

/** The records of all chunks, of whichever conversation. */
export const storedChunks = (page: Page): Promise<StoredChunk[]> => readAll(page, "kvMeta");

/** The names of what was learned from what was chatted, and goes with the caches. */
export async function learnedRecords(page: Page): Promise<string[]> {
  const names = await withDatabase(page, (database) =>
    database.evaluate(async (db) => {
      const request = db.transaction("profiles").objectStore("profiles").getAll();
      await new Promise((resolve) => (request.onsuccess = resolve));
      return (request.result as { name: string }[]).map(({ name }) => name);
    }),
  );
  return names.filter((name) => LEARNED_RECORDS.some((beginning) => name.startsWith(beginning)));
}

/** For all chunks, at one moment: the sizes of the values as the chunk's record has them, and as they are. */
export function valueSizes(page: Page): Promise<{ said: readonly number[]; found: number[] }[]> {
  return withDatabase(page, (database) =>
    database.evaluate(async (db) => {
      const tx = db.transaction(["kvMeta", "kvChunks"]);
      const [chunks, values] = [tx.objectStore("kvMeta"), tx.objectStore("kvChunks")];
      const requests = [chunks.getAll(), values.getAllKeys(), values.getAll()];
      await new Promise((resolve) => (tx.oncomplete = resolve));
      const [records, keys, stored] = requests.map(({ result }) => result as unknown[]) as [
        StoredChunk[],
        [fingerprint: string, prefixHash: string, group: number][],
        { bytes: Blob }[],
      ];
      const sizes = keys.map((key, i) => ({ key, size: stored[i]?.bytes.size ?? 0 }));
      return records.map(({ fingerprint, prefixHash, groupBytes }) => ({
        said: groupBytes,
        found: sizes
          .filter(({ key }) => key[0] === fingerprint && key[1] === prefixHash)
          .map(({ size }) => size),
      }));
    }),
  );
}

/**
 * Makes all chunks those of the first arithmetic: they have another fingerprint and do not say which arithmetic it was.
 *
 * @returns how many there are
 */
export function ageChunks(page: Page, fingerprint: string): Promise<number> {
  return withDatabase(page, (database) =>
    database.evaluate(async (db, fingerprint) => {
      const tx = db.transaction(["kvMeta", "kvChunks"], "readwrite");
      const [chunks, values] = [tx.objectStore("kvMeta"), tx.objectStore("kvChunks")];
      const [records, keys] = [chunks.getAll(), values.getAllKeys()];
      const stored = values.getAll();
      await new Promise((resolve) => (stored.onsuccess = resolve));
      chunks.clear();
      values.clear();
      for (const record of records.result as StoredChunk[]) {
        delete record.numerics;
        chunks.put({ ...record, fingerprint });
      }
      for (const [i, key] of keys.result.entries())
        values.put(stored.result[i], [fingerprint, ...(key as IDBValidKey[]).slice(1)]);
      await new Promise((resolve) => (tx.oncomplete = resolve));
      return records.result.length;
    }, fingerprint),
  );
}

export type Damage = "flipped" | "cut short" | "missing" | "another chunk's";

/** Damages the first value of each chunk. The chunk's record stays as it is. */
export async function damageValue(page: Page, damage: Damage, chunks: ChunkMeta[]): Promise<void> {
  const [key, otherKey] = chunks.map((chunk) => [chunk.fingerprint, chunk.prefixHash, 0]);
  if (!key || !otherKey) throw new Error("there have to be two chunks");
  await withDatabase(page, (database) => database.evaluate(damageIn, { damage, key, otherKey }));
}

type Key = (string | number)[];

/** Damages the values; runs in the page. */
async function damageIn(
  db: IDBDatabase,
  { damage, key, otherKey }: { damage: Damage; key: Key; otherKey: Key },
): Promise<void> {
  const values = (mode: IDBTransactionMode) =>
    db.transaction("kvChunks", mode).objectStore("kvChunks");
  const settled = (request: IDBRequest) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(String(request.error)));
    });
  type Value = { bytes: Blob; checksum: string };
  const value = (await settled(values("readonly").get(key))) as Value;
  const other = (await settled(values("readonly").get(otherKey))) as Value;
  const bytes = new Uint8Array(await value.bytes.arrayBuffer());
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  const damaged = {
    flipped: { ...value, bytes: new Blob([bytes]) },
    "cut short": { ...value, bytes: value.bytes.slice(0, value.bytes.size >> 1) },
    "another chunk's": other,
  };
  const store = values("readwrite");
  await settled(damage === "missing" ? store.delete(key) : store.put(damaged[damage], key));
}

/** Adds a conversation to the database, which an app must have opened before. */
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

/** A record of any shape, with its key where the record does not hold it. */
export interface AnyRecord {
  store: string;
  value: unknown;
  key?: string;
}

/** Writes whatever it is given into the database, which an app must have opened before. */
export async function putRecords(page: Page, records: readonly AnyRecord[]): Promise<void> {
  await withDatabase(page, (database) =>
    database.evaluate(async (db, added) => {
      const tx = db.transaction([...new Set(added.map(({ store }) => store))], "readwrite");
      for (const { store, value, key } of added) tx.objectStore(store).put(value, key);
      await new Promise((resolve, reject) => {
        tx.oncomplete = resolve;
        tx.onabort = () => reject(new Error(String(tx.error)));
      });
    }, records),
  );
}

/** Deletes the database, from a page of the origin in which no app runs. */
export function deleteDatabase(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase("rekindle");
        deleting.onsuccess = () => resolve();
        deleting.onblocked = () => reject(new Error("a connection was not closed"));
        deleting.onerror = () => reject(new Error(String(deleting.error)));
      }),
  );
}

/** Makes the database as its first version did, with text and nothing else. */
export function storeFirstVersion(
  page: Page,
  { conversation, messages }: StoredText,
): Promise<void> {
  return page.evaluate(
    ({ conversation, messages }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("rekindle", 1);
        opening.onupgradeneeded = () => {
          const db = opening.result;
          const conversations = db.createObjectStore("conversations", { keyPath: "id" });
          conversations.createIndex("by-update", "updatedAtMs");
          conversations.put(conversation);
          const store = db.createObjectStore("messages", { keyPath: "id" });
          store.createIndex("by-conversation", ["conversationId", "createdAtMs"]);
          for (const message of messages) store.put(message);
        };
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
        opening.onerror = () => reject(new Error(String(opening.error)));
      }),
    { conversation, messages },
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

/** Opens the database for some work. The connection is closed after it, so that nobody has to wait for it. */
async function withDatabase<T>(
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
