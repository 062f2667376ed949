import { openDB, type DBSchema, type IDBPDatabase } from "idb";

/** Which code a library had when it was first used. */
export interface LibraryHashes {
  /** SHA-256 in hex; undefined for a library that was not used yet, or where the browser keeps nothing. */
  get(url: string): Promise<string | undefined>;
  keep(url: string, sha256: string): Promise<void>;
}

interface HashRecord {
  url: string;
  sha256: string;
  firstUsedMs: number;
}

interface LibraryDb extends DBSchema {
  libraries: { key: string; value: HashRecord };
}

/** More than WebLLM has libraries. Beyond this number those that were used first are forgotten. */
const MAX_LIBRARIES = 500;

const MAX_URL_LENGTH = 2048;

const HEX = /^[0-9a-f]{64}$/;

/**
 * The hashes in a database of their own. Where the browser keeps nothing, every use is the first one: what the visit
 * before had is not known then, and neither is anything else of it.
 */
export class StoredLibraryHashes implements LibraryHashes {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<LibraryDb>> | undefined;

  constructor(name = "rekindle-libraries") {
    this.#name = name;
  }

  async get(url: string): Promise<string | undefined> {
    try {
      const found: unknown = await (await this.#open()).get("libraries", url);
      return isHashRecord(found) ? found.sha256 : undefined;
    } catch {
      return undefined;
    }
  }

  async keep(url: string, sha256: string): Promise<void> {
    if (url.length > MAX_URL_LENGTH || !HEX.test(sha256)) return;
    try {
      const db = await this.#open();
      await db.put("libraries", { url, sha256, firstUsedMs: Date.now() });
      const all: unknown[] = await db.getAll("libraries");
      const oldestFirst = all
        .filter(isHashRecord)
        .toSorted((some, other) => some.firstUsedMs - other.firstUsedMs);
      for (const { url: old } of oldestFirst.slice(0, -MAX_LIBRARIES))
        await db.delete("libraries", old);
    } catch {
      // Storage is blocked or full. The next use is then taken for the first one.
    }
  }

  #open(): Promise<IDBPDatabase<LibraryDb>> {
    const forget = () => (this.#opened = undefined);
    this.#opened ??= openDB<LibraryDb>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore("libraries", { keyPath: "url" }),
      blocking: (_current, _next, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    this.#opened.catch(forget);
    return this.#opened;
  }
}

function isHashRecord(found: unknown): found is HashRecord {
  if (typeof found !== "object" || found === null) return false;
  const { url, sha256, firstUsedMs } = found as Partial<Record<keyof HashRecord, unknown>>;
  const isHash = typeof sha256 === "string" && HEX.test(sha256);
  return typeof url === "string" && isHash && typeof firstUsedMs === "number";
}
