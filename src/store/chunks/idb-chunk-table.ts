import type { IDBPTransaction } from "idb";
import {
  asChunkRecord,
  asKvRemoval,
  asLimitBytes,
  asSequenceUse,
  asValueRecord,
  type ChunkKey,
  type ChunkRecord,
  type ValueRecord,
} from "../records/chunk-record.ts";
import type { ChunkReads, ChunkTable, ChunkWrites } from "./chunk-table.ts";
import type { Database } from "../database/open-database.ts";
import type { RekindleDb } from "../records/schema.ts";
import { withDatabase } from "../database/with-database.ts";
import { readTransaction, writeTransaction } from "../database/transactions.ts";

type KvStoreName = "kvMeta" | "kvChunks" | "kvUse" | "settings";
type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<
  RekindleDb,
  KvStoreName[],
  Mode
>;

const INDEX: KvStoreName[] = ["kvMeta", "kvUse", "settings"];
const ALL: KvStoreName[] = [...INDEX, "kvChunks"];
type Numbered = readonly [group: number, value: ValueRecord];

/** The key of the limit, in the object store `settings`. */
const LIMIT = "kv-limit-bytes";
/** The key of the note of a removal, there too. */
const REMOVAL = "kv-removal";

/** KV is a cache: what is lost in a crash of the system is computed again. */
const DURABILITY = "relaxed";

/** The table of chunks in IndexedDB. */
export function idbChunkTable(connect: () => Promise<Database>): ChunkTable {
  const withDb = withDatabase(connect);
  const write =
    (stores: KvStoreName[]) =>
    <T>(work: (tx: ChunkWrites) => Promise<T>) =>
      withDb((db) => writeTransaction(db, stores, (tx) => work(writesOn(tx)), DURABILITY));

  return {
    read: (work) => withDb((db) => readTransaction(db, INDEX, (tx) => work(readsOn(tx)))),
    mark: write(INDEX),
    write: write(ALL),
    values: (keys) =>
      withDb((db) =>
        readTransaction(db, ["kvChunks"], (tx) => {
          const values = tx.objectStore("kvChunks");
          return Promise.all(
            keys.map(({ fingerprint, prefixHash, group }) =>
              ifReadable(async () =>
                asValueRecord(await values.get([fingerprint, prefixHash, group])),
              ),
            ),
          );
        }),
      ),
  };
}

function readsOn(tx: Transaction<"readonly"> | Transaction<"readwrite">): ChunkReads {
  const meta = tx.objectStore("kvMeta");
  return {
    chunk: async ({ fingerprint, prefixHash }) =>
      asChunkRecord(await meta.get([fingerprint, prefixHash])),
    chunks: async () => known(await meta.getAll(), asChunkRecord),
    unknownChunks: async () => {
      const [records, keys] = await Promise.all([meta.getAll(), meta.getAllKeys()]);
      const unknown = keys.filter((_, i) => asChunkRecord(records[i]) === undefined);
      return unknown.map(([fingerprint, prefixHash]) => ({ fingerprint, prefixHash }));
    },
    children: async (fingerprint, parentHash) =>
      known(await meta.index("by-parent").getAll([fingerprint, parentHash]), asChunkRecord),
    ownedBy: async (conversationId) =>
      known(await meta.index("by-owner").getAll(conversationId), asChunkRecord),
    uses: async () => known(await tx.objectStore("kvUse").getAll(), asSequenceUse),
    limitBytes: async () => asLimitBytes(await tx.objectStore("settings").get(LIMIT)),
    removal: async () => asKvRemoval(await tx.objectStore("settings").get(REMOVAL)),
  };
}

/** The records that are not damaged. */
const known = <T>(records: readonly unknown[], as: (record: unknown) => T | undefined): T[] =>
  records.flatMap((record) => as(record) ?? []);

/** All methods are `async`: a request that throws then rejects, and the requests before it are still awaited. */
function writesOn(tx: Transaction<"readwrite">): ChunkWrites {
  const meta = tx.objectStore("kvMeta");
  const settings = tx.objectStore("settings");
  const values = () => tx.objectStore("kvChunks");
  const putRecord = async (record: ChunkRecord) => meta.put(record);
  const putValue = async ({ fingerprint, prefixHash }: ChunkKey, [group, value]: Numbered) =>
    values().put(value, [fingerprint, prefixHash, group]);
  return {
    ...readsOn(tx),
    putRecord,
    putUse: async (use) => tx.objectStore("kvUse").put(use),
    putRemoval: async (removal) => settings.put(removal, REMOVAL),
    putChunk: (record, stored) =>
      Promise.all([
        putRecord(record),
        ...[...stored.entries()].map((value) => putValue(record, value)),
      ]),
    removeChunk: async (key) =>
      Promise.all([
        meta.delete([key.fingerprint, key.prefixHash]),
        values().delete(everyGroup(key)),
      ]),
    removeUses: async (conversationId) =>
      tx.objectStore("kvUse").delete(IDBKeyRange.bound([conversationId], [conversationId, []])),
    setLimitBytes: async (limitBytes) =>
      limitBytes === undefined ? settings.delete(LIMIT) : settings.put(limitBytes, LIMIT),
    clear: async () =>
      Promise.all([meta.clear(), values().clear(), tx.objectStore("kvUse").clear()]),
  };
}

const everyGroup = ({ fingerprint, prefixHash }: ChunkKey) =>
  IDBKeyRange.bound([fingerprint, prefixHash], [fingerprint, prefixHash, []]);

/** Exceptions that browsers give when the file behind a large value is lost or damaged. */
const UNREADABLE = new Set(["DataError", "NotFoundError", "NotReadableError", "UnknownError"]);

async function ifReadable<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (error instanceof DOMException && UNREADABLE.has(error.name)) return undefined;
    throw error;
  }
}
