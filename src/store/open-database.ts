import { openDB, type IDBPDatabase } from "idb";
import { migrations, SCHEMA_VERSION, type RekindleDb } from "./schema.ts";

export type Database = IDBPDatabase<RekindleDb>;

/** `onLost`: the connection was closed, by the browser or to let a newer build upgrade. */
export function openDatabase(
  name: string,
  { version = SCHEMA_VERSION, onLost }: { version?: number; onLost?: () => void } = {},
): Promise<Database> {
  return openDB<RekindleDb>(name, version, {
    upgrade(db, oldVersion, _newVersion, tx) {
      for (const migrate of migrations.slice(oldVersion, version)) migrate(db, tx);
    },
    // Another tab deletes the database or has a newer build: let it, rather than block it.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      onLost?.();
    },
    // The user cleared this site's data, or the disk failed.
    terminated() {
      onLost?.();
    },
  });
}

/** The database, opened when it is first asked for and again after its connection was lost. */
export function databaseConnection(name: string): () => Promise<Database> {
  let opened: Promise<Database> | undefined;
  const forget = () => (opened = undefined);
  return () => {
    if (!opened) {
      opened = within(OPEN_MS, openDatabase(name, { onLost: forget }));
      opened.catch(forget);
    }
    return opened;
  };
}

/** Opening waits for other tabs to let go, and some browsers have been known never to answer. */
const OPEN_MS = 10_000;

async function within<T>(limitMs: number, opening: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new DOMException("no answer when opening the database", "TimeoutError");
    timer = setTimeout(() => reject(error), limitMs);
  });
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}
