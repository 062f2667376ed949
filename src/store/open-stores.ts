import type { StorageMode } from "../protocol/store-api.ts";
import type { ChunkStore } from "./chunk-store.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { createChunkStore } from "./create-chunk-store.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { memoryChunkTable } from "./memory-chunk-table.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";
import { databaseConnection, type Database } from "./open-database.ts";
import { hasOpfs, opfsBytes, opfsDirectory, sweepFiles } from "./opfs-bytes.ts";
import { DATABASE_NAME } from "./schema.ts";
import { filesOfChunks } from "./stage-chunks.ts";
import { defaultLimitBytes, MEMORY_CAP_BYTES, storageQuota } from "./storage-quota.ts";
import { throttledBytes, type ReadThrottle } from "./throttled-bytes.ts";
import { memoryBytes, recordBytes } from "./value-bytes.ts";

export interface Stores {
  mode: StorageMode;
  conversations: ConversationStore;
  chunks: ChunkStore;
}

export interface StoreOptions {
  databaseName?: string;
  /** Where the bytes of KV lie. Everything else is in the database; without OPFS, they are too. */
  kvBytes?: "indexeddb" | "opfs";
  /** As if the disk were slower. */
  readThrottle?: ReadThrottle | undefined;
}

export async function openStores({
  databaseName = DATABASE_NAME,
  kvBytes = "indexeddb",
  readThrottle,
}: StoreOptions): Promise<Stores> {
  const connect = databaseConnection(databaseName);
  try {
    await connect();
  } catch (error) {
    // A newer build's database is there and will be again after a reload: to hide it behind an empty
    // memory would look like a loss. Every call says that the store is unavailable instead.
    if (!isNewerDatabase(error)) return memoryStores(reasonOf(error));
  }
  const inOpfs = kvBytes === "opfs" && (await hasOpfs());
  return {
    mode: { kind: "persistent" },
    conversations: idbConversationStore(connect),
    chunks: inOpfs ? opfsChunkStore(connect, databaseName) : idbChunkStore(connect, readThrottle),
  };
}

const idbChunkStore = (
  connect: () => Promise<Database>,
  readThrottle: ReadThrottle | undefined,
): ChunkStore =>
  createChunkStore({
    table: idbChunkTable(connect),
    bytes: readThrottle ? throttledBytes(recordBytes, readThrottle) : recordBytes,
    limits: limitsUpTo(Infinity),
  });

function opfsChunkStore(connect: () => Promise<Database>, directoryName: string): ChunkStore {
  const table = idbChunkTable(connect);
  const directory = opfsDirectory(directoryName);
  table
    .read((tx) => tx.chunks())
    .then((records) => sweepFiles(directory, new Set(filesOfChunks(records))))
    // The next start sweeps again.
    .catch(() => undefined);
  return createChunkStore({ table, bytes: opfsBytes(directory), limits: limitsUpTo(Infinity) });
}

const memoryStores = (reason: string): Stores => ({
  mode: { kind: "memory", reason },
  conversations: memoryConversationStore(),
  chunks: createChunkStore({
    table: memoryChunkTable(),
    bytes: memoryBytes,
    limits: limitsUpTo(MEMORY_CAP_BYTES),
  }),
});

/** The browser is asked once: it takes its time to answer, and each commit needs it. */
function limitsUpTo(maxBytes: number) {
  let asked: Promise<number> | undefined;
  return async () => {
    asked ??= storageQuota().then(defaultLimitBytes);
    return { defaultBytes: await asked, maxBytes };
  };
}

const isNewerDatabase = (error: unknown) =>
  error instanceof DOMException && error.name === "VersionError";

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
