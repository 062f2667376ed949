import {
  DATABASES,
  FOLDERS,
  KEPT_KINDS,
  kindOfCache,
  STORE_DATABASE,
  type KeptKind,
} from "../../protocol/kept-data.ts";
import { keysOf } from "./kept-data.ts";
import { clearStores, storesOf, withStoreDatabase } from "./store-database.ts";

/**
 * Deletes everything of these kinds that the browser keeps for this page. Where all kinds are to go, whatever is found goes,
 * also what an older or newer build has left. Each place is tried by itself: one that is blocked does not save the others.
 *
 * No part of the page may be at work meanwhile: see `eraseWhereAsked`.
 */
export async function erase(kinds: ReadonlySet<KeptKind>): Promise<void> {
  const isAll = KEPT_KINDS.every((kind) => kinds.has(kind));
  // What the model has made of the text goes with it.
  const wanted = kinds.has("conversations") ? new Set([...kinds, "caches" as const]) : kinds;
  await Promise.allSettled([
    isAll ? eraseDatabases(() => true) : eraseSomeRecords(wanted),
    eraseCaches(wanted),
    eraseFolders(wanted, isAll),
    wanted.has("app") ? unregister() : undefined,
  ]);
  eraseKeys(wanted);
  if (isAll) sessionStorage.clear();
}

async function eraseSomeRecords(kinds: ReadonlySet<KeptKind>): Promise<void> {
  await withStoreDatabase((db) => clearStores(db, storesOf(db, kinds)));
  await eraseDatabases((name) => kinds.has(DATABASES[name] ?? "app") && name in DATABASES);
}

async function eraseDatabases(isWanted: (name: string) => boolean): Promise<void> {
  const names = (await databaseNames()).filter(isWanted);
  await Promise.all(names.map(deleteDatabase));
}

/** Some browsers do not tell which databases there are. Then those that are known are taken. */
async function databaseNames(): Promise<string[]> {
  const known = [STORE_DATABASE, ...Object.keys(DATABASES)];
  const factory = indexedDB as Partial<Pick<IDBFactory, "databases">>;
  const found = await factory.databases?.call(indexedDB).catch(() => undefined);
  return found ? found.flatMap(({ name }) => name ?? []) : known;
}

/** Resolves when the database is gone, or cannot be deleted; it goes when nobody has it open any more. */
function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => resolve();
    setTimeout(resolve, BLOCKED_MS);
  });
}

/** How long a tab of another build may keep a database open. */
const BLOCKED_MS = 5000;

async function eraseCaches(kinds: ReadonlySet<KeptKind>): Promise<void> {
  const names = (await caches.keys()).filter((name) => kinds.has(kindOfCache(name)));
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function eraseFolders(kinds: ReadonlySet<KeptKind>, isAll: boolean): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  for await (const name of root.keys()) names.push(name);
  const isWanted = (name: string) =>
    isAll || (name in FOLDERS && kinds.has(FOLDERS[name] ?? "app"));
  await Promise.allSettled(
    names.filter(isWanted).map((name) => root.removeEntry(name, { recursive: true })),
  );
}

function eraseKeys(kinds: ReadonlySet<KeptKind>): void {
  for (const kind of kinds) for (const key of keysOf(kind)) localStorage.removeItem(key);
}

/** The service worker goes too: it would fill its cache again. */
async function unregister(): Promise<void> {
  const registrations = await navigator.serviceWorker.getRegistrations();
  await Promise.all(registrations.map((one) => one.unregister()));
}
