import type { ReadThrottle, StorageMode } from "../protocol/store-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { ChunkStore } from "./chunks/chunk-store.ts";
import type { ChunkTable } from "./chunks/chunk-table.ts";
import { readAnyVersion, type TextSource } from "./conversations/any-version-text.ts";
import type { ConversationStore } from "./conversations/conversation-store.ts";
import { createChunkStore } from "./chunks/create-chunk-store.ts";
import type { DatabaseHandover } from "./database/database-handover.ts";
import { idbChunkTable } from "./chunks/idb-chunk-table.ts";
import { idbConversationStore } from "./conversations/idb-conversation-store.ts";
import { idbDeviceRecordStore } from "./device-records/idb-device-record-store.ts";
import { memoryChunkTable } from "./chunks/memory-chunk-table.ts";
import { memoryConversationStore } from "./conversations/memory-conversation-store.ts";
import { memoryDeviceRecordStore } from "./device-records/memory-device-record-store.ts";
import { databaseConnection } from "./database/open-database.ts";
import { hasOpfs, opfsBytes, opfsDirectory, sweepFiles } from "./bytes/opfs-bytes.ts";
import type { DeviceRecordStore } from "./device-records/device-record-store.ts";
import { DATABASE_NAME } from "./records/schema.ts";
import { filesOfChunks } from "./chunks/stage-chunks.ts";
import { defaultLimitBytes, MEMORY_CAP_BYTES, storageQuota } from "./space/storage-quota.ts";
import { throttledBytes } from "./bytes/throttled-bytes.ts";
import { memoryBytes, recordBytes } from "./bytes/value-bytes.ts";

/** What the store worker keeps, in the browser's storage or in memory. */
export interface Stores {
  mode: StorageMode;
  conversations: ConversationStore;
  chunks: ChunkStore;
  deviceRecords: DeviceRecordStore;
  throttleReads: (throttle: ReadThrottle) => void;
  /** Has `work` read all text there is, also where this build may do no more than read. */
  allText: <T>(work: (source: TextSource) => Promise<T>) => Promise<T>;
}

export interface StoreOptions {
  databaseName?: string;
  /**
   * Where the bytes of KV values are stored. Everything else is in the database, and so are these bytes in a
   * browser without OPFS.
   */
  kvBytes?: "indexeddb" | "opfs";
}

/** Opens the stores of this browser, or stores in memory where it gives no storage. */
export async function openStores(
  { databaseName = DATABASE_NAME, kvBytes = "indexeddb" }: StoreOptions,
  handover: DatabaseHandover,
): Promise<Stores> {
  const connect = databaseConnection(databaseName, { handover });
  try {
    await connect();
  } catch (error) {
    // An outdated build cannot open the database of a newer one. An empty memory in its place would look like
    // a loss of all conversations, so every call says instead that this build is outdated.
    if (!isOutdated(error)) return memoryStores(databaseName, reasonOf(error));
  }
  const inOpfs = kvBytes === "opfs" && (await hasOpfs());
  const { bytes, throttle } = throttledBytes(
    inOpfs ? opfsBytes(opfsDirectory(databaseName)) : recordBytes,
  );
  const conversations = idbConversationStore(connect);
  const table = idbChunkTable(connect);
  if (inOpfs) sweepOrphanFiles(table, databaseName);
  return {
    mode: { kind: "persistent" },
    conversations,
    chunks: createChunkStore({ table, bytes, limits: limitsUpTo(Infinity) }),
    deviceRecords: idbDeviceRecordStore(connect),
    throttleReads: throttle,
    allText: (work) =>
      work(conversations).catch((error: unknown) => {
        if (!isOutdated(error)) throw error;
        return readAnyVersion(databaseName, work);
      }),
  };
}

/** Removes the files that no chunk's record names. */
function sweepOrphanFiles(table: ChunkTable, directoryName: string): void {
  table
    .read((tx) => tx.chunks())
    .then((records) => sweepFiles(opfsDirectory(directoryName), new Set(filesOfChunks(records))))
    // If this fails, the next start tries it again.
    .catch(() => undefined);
}

function memoryStores(databaseName: string, reason: string): Stores {
  const { bytes, throttle } = throttledBytes(memoryBytes);
  const conversations = memoryConversationStore();
  return {
    mode: { kind: "memory", reason },
    conversations,
    chunks: createChunkStore({
      table: memoryChunkTable(),
      bytes,
      limits: limitsUpTo(MEMORY_CAP_BYTES),
    }),
    deviceRecords: memoryDeviceRecordStore(),
    throttleReads: throttle,
    // What is in a database that could not be brought to this version may still be read.
    allText: (work) =>
      readAnyVersion(databaseName, (stored) => work(joined(conversations, stored))).catch(() =>
        work(conversations),
      ),
  };
}

/** The text of both. Ids are never made twice. */
const joined = (some: TextSource, others: TextSource): TextSource => ({
  conversations: async () => [...(await some.conversations()), ...(await others.conversations())],
  messages: async (id) => [...(await some.messages(id)), ...(await others.messages(id))],
});

/** The limits of KV. The browser is asked for its quota only once, as each commit needs it and the answer is slow. */
function limitsUpTo(maxBytes: number) {
  let asked: Promise<number> | undefined;
  return async () => {
    asked ??= storageQuota().then(defaultLimitBytes);
    return { defaultBytes: await asked, maxBytes };
  };
}

const isOutdated = (error: unknown) =>
  error instanceof EngineError && error.failure.code === "outdated";

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
