import * as Comlink from "comlink";
import { deleteDB, openDB, type IDBPDatabase } from "idb";
import { createChecksum } from "../bytes/checksum.ts";
import type { StoredBytes } from "../records/chunk-record.ts";
import { createStore } from "../create-store.ts";
import { opfsBytes, opfsDirectory } from "../bytes/opfs-bytes.ts";
import { recordBytes, type ValueBytes } from "../bytes/value-bytes.ts";

/** The form in which a value is stored. */
export type Kind = "Blob" | "Uint8Array" | "OPFS file";

export interface Load {
  kind: Kind;
  valueBytes: number;
  totalBytes: number;
}

export interface ReadOptions {
  /** How many values' bytes are read at the same time. */
  window: number;
  checked?: boolean;
  /** If given, each value is transferred to this port. */
  port?: MessagePort;
}

/** Reads and writes the browser's bare storage, and serves the store that is built on it. */
export interface StoreBench {
  write(load: Load): Promise<void>;
  /** Reads what was last written of this kind, in one transaction, with `window` values' bytes at the same time. */
  read(load: Load, options: ReadOptions): Promise<void>;
  /** Serves the store, in a database of its own. */
  serveKv(port: MessagePort, kvBytes: "indexeddb" | "opfs"): Promise<void>;
  clear(): Promise<void>;
}

const TRANSACTION_BYTES = 2 ** 24;
const DATABASE = "store-bench";
const STORE_DATABASE = "store-bench-chunks";

const directory = opfsDirectory(DATABASE);
const places: Record<Kind, ValueBytes> = {
  Blob: recordBytes,
  Uint8Array: { ...recordBytes, stage: (bytes) => Promise.resolve(bytes) },
  "OPFS file": opfsBytes(directory),
};

const database = openDB(DATABASE, 1, { upgrade: (db) => void db.createObjectStore("values") });
const checksum = createChecksum();
const files: string[] = [];

/** Random bytes, which do not compress. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 2 ** 16) crypto.getRandomValues(bytes.subarray(i, i + 2 ** 16));
  return bytes;
}
const content = noise(TRANSACTION_BYTES);

const keysOf = ({ kind, valueBytes, totalBytes }: Load) =>
  Array.from({ length: totalBytes / valueBytes }, (_, index) => [kind, valueBytes, index]);

/** Stages values and puts them in one transaction. */
async function writeBatch(db: IDBPDatabase, { kind, valueBytes }: Load, keys: IDBValidKey[]) {
  const values = keys.map((_, index) =>
    content.subarray(index * valueBytes, (index + 1) * valueBytes),
  );
  // The values are copied, as a structured clone of a view takes its whole buffer along.
  const staged = await Promise.all(values.map((value) => places[kind].stage(value.slice())));
  const tx = db.transaction("values", "readwrite", { durability: "relaxed" });
  const puts = staged.map((bytes, index) => tx.store.put({ bytes, checksum: "" }, keys[index]));
  await Promise.all([...puts, tx.done]);
  for (const bytes of staged) if ("file" in bytes) files.push(bytes.file);
}

async function bytesOf(kind: Kind, stored: Promise<{ bytes: StoredBytes }>) {
  const value = await places[kind].load((await stored).bytes);
  if (!value) throw new Error("a value that was written is not there");
  return value;
}

const bench: StoreBench = {
  async write(load) {
    const db = await database;
    await places["OPFS file"].discard(files.splice(0));
    const keys = keysOf(load);
    const perBatch = Math.floor(TRANSACTION_BYTES / load.valueBytes);
    for (let start = 0; start < keys.length; start += perBatch)
      await writeBatch(db, load, keys.slice(start, start + perBatch));
  },

  async read(load, { window, checked, port }) {
    const [db, sum] = [await database, await checksum];
    const { store } = db.transaction("values");
    const gets = keysOf(load).map((key) => store.get(key) as Promise<{ bytes: StoredBytes }>);
    const queue = gets.values();
    const key = { fingerprint: "", prefixHash: "", group: 0 };
    const stream = async () => {
      for (const next of queue) {
        const value = await bytesOf(load.kind, next);
        if (checked) sum(key, value);
        port?.postMessage(value, [value.buffer]);
      }
    };
    await Promise.all(Array.from({ length: window }, stream));
  },

  serveKv: (port, kvBytes) =>
    createStore({ databaseName: `${STORE_DATABASE}-${kvBytes}`, kvBytes }).serveKv(port),

  async clear() {
    await (await database).clear("values");
    await places["OPFS file"].discard(files.splice(0));
    await deleteDB(`${STORE_DATABASE}-indexeddb`);
    await deleteDB(`${STORE_DATABASE}-opfs`);
  },
};

Comlink.expose(bench);
