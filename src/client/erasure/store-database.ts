import { OBJECT_STORES, STORE_DATABASE, type KeptKind } from "../../protocol/kept-data.ts";

/**
 * Runs `work` on the store's database as it is, also where another build's version is not understood. It is only counted and
 * cleared here. Undefined where there is none, or it cannot be opened.
 */
export async function withStoreDatabase<T>(
  work: (db: IDBDatabase) => Promise<T>,
): Promise<T | undefined> {
  const db = await opened().catch(() => undefined);
  if (!db) return undefined;
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(STORE_DATABASE);
    // There is none, and none is to be made.
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onerror = () => reject(new Error("there is no database"));
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

/** The object stores of a database that hold things of these kinds. */
export const storesOf = (db: IDBDatabase, kinds: ReadonlySet<KeptKind>): string[] =>
  [...db.objectStoreNames].filter((name) => {
    const kind = OBJECT_STORES[name];
    return kind !== undefined && kinds.has(kind);
  });

/** How many records an object store has. */
export function countRecords(db: IDBDatabase, name: string): Promise<number> {
  if (!db.objectStoreNames.contains(name)) return Promise.resolve(0);
  return new Promise((resolve, reject) => {
    const request = db.transaction(name).objectStore(name).count();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error("the records cannot be counted"));
  });
}

/** Removes all records of these object stores, in one transaction. */
export function clearStores(db: IDBDatabase, names: readonly string[]): Promise<void> {
  if (names.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const tx = db.transaction(names, "readwrite", { durability: "strict" });
    for (const name of names) tx.objectStore(name).clear();
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(new Error("the records were not removed"));
  });
}
