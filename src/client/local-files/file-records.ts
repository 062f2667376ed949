import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { localModelOf } from "../../protocol/local-model.ts";

/** One file of a model, as it was when it was kept, and where it is to be found. */
export interface KeptPart {
  name: string;
  /** Bytes. */
  size: number;
  /** In ms since 1970. */
  lastModified: number;
  /** Leads to the person's file; absent where the browser has a copy of its own. */
  handle?: FileSystemFileHandle;
  /** The name of the copy in the origin private file system. */
  copy?: string;
}

/** A model in local files that is there at the next visit. */
export interface KeptModel {
  /** As `localModelAddress` gives it. */
  address: string;
  /** Of all parts, the first one first. */
  parts: KeptPart[];
  keptAtMs: number;
}

interface ModelFilesDb extends DBSchema {
  models: { key: string; value: KeptModel };
}

/** Files of one model. Published splits have less than a hundred. */
const MAX_PARTS = 1000;

/** Beyond this number the models that were kept first are forgotten, if they are no copies. */
const MAX_HANDLES = 50;

/**
 * Which local files are models, from one visit to the next.
 *
 * They are in a database of the page's own, because the page has to know them before a worker starts, and because
 * nothing is lost with them but the way to a file: no newer build has to wait until an older one has let go of them.
 * Where the browser keeps nothing, calls that read find nothing, and `put` says so.
 */
export class FileRecords {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<ModelFilesDb>> | undefined;

  constructor(name = "rekindle-models") {
    this.#name = name;
  }

  async get(address: string): Promise<KeptModel | undefined> {
    return (await this.all()).find((kept) => kept.address === address);
  }

  /** All models that are kept, the latest one first. What this page would not have written is left out. */
  async all(): Promise<KeptModel[]> {
    try {
      const found: unknown[] = await (await this.#open()).getAll("models");
      return found.filter(isKeptModel).toSorted((a, b) => b.keptAtMs - a.keptAtMs);
    } catch {
      return [];
    }
  }

  /** @returns false where it could not be kept */
  async put(kept: KeptModel): Promise<boolean> {
    try {
      const db = await this.#open();
      await db.put("models", kept);
      const handles = (await this.all()).filter(({ parts }) => !parts.some(({ copy }) => copy));
      for (const { address } of handles.slice(MAX_HANDLES)) await db.delete("models", address);
      return true;
    } catch {
      return false;
    }
  }

  async remove(address: string): Promise<void> {
    try {
      await (await this.#open()).delete("models", address);
    } catch {
      // It cannot be read either, so it is as good as gone.
    }
  }

  #open(): Promise<IDBPDatabase<ModelFilesDb>> {
    const forget = () => (this.#opened = undefined);
    this.#opened ??= openDB<ModelFilesDb>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore("models", { keyPath: "address" }),
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

export function isKeptModel(found: unknown): found is KeptModel {
  const { address, parts, keptAtMs } = fieldsOf<KeptModel>(found);
  if (typeof address !== "string" || typeof keptAtMs !== "number" || !Array.isArray(parts))
    return false;
  const named = localModelOf(address);
  if (!named || parts.length === 0 || parts.length > MAX_PARTS || !parts.every(isKeptPart))
    return false;
  return parts[0]?.size === named.size && parts[0].lastModified === named.lastModified;
}

function isKeptPart(found: unknown): found is KeptPart {
  const { name, size, lastModified, handle, copy } = fieldsOf<KeptPart>(found);
  const isFile = typeof name === "string" && Number.isSafeInteger(size) && Number(size) > 0;
  const hasCopy = typeof copy === "string" && /^[\w-]{1,64}$/.test(copy) && handle === undefined;
  return isFile && Number.isSafeInteger(lastModified) && (hasCopy || isHandle(handle));
}

const isHandle = (found: unknown): boolean =>
  fieldsOf<FileSystemFileHandle>(found).kind === "file" &&
  typeof fieldsOf<FileSystemFileHandle>(found).getFile === "function";

/** The fields of what may be anything. */
const fieldsOf = <T>(found: unknown): Partial<Record<keyof T, unknown>> =>
  typeof found === "object" && found !== null ? found : {};
