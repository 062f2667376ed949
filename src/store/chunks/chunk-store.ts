import type {
  CommitRequest,
  CommitSummary,
  FindRequest,
  FoundChunks,
  ReadReply,
  ReadRequest,
} from "../../protocol/kv-store-api.ts";
import type { StorageUsage } from "../../protocol/store-api.ts";
import type { ChunkTable } from "./chunk-table.ts";
import type { Limits } from "./inventory.ts";
import type { ValueBytes } from "../bytes/value-bytes.ts";

/** The part of `StorageUsage` that is about KV. */
export type KvUsage = Pick<StorageUsage, "kvBytes" | "conversations" | "limitBytes">;

/** Takes the values that `readAll` reads. */
export interface ReadSink {
  /** The sink may keep the value. */
  take(reply: ReadReply): void;
  /** Whether the sink wants no more values. */
  isClosed(): boolean;
}

/**
 * Keeps KV chunks, and sees to the space that they take. Its methods do what `KvStoreApi` and `StoreApi` promise, but
 * throw their failures. A call that fails stores nothing.
 *
 * @throws EngineError `quota-exceeded` if the browser refuses the space, `store-unavailable` if it gives no access
 */
export interface ChunkStore {
  find(request: FindRequest): Promise<FoundChunks>;
  readAll(requests: readonly ReadRequest[], sink: ReadSink): Promise<void>;
  commit(request: CommitRequest): Promise<CommitSummary>;
  usage(): Promise<KvUsage>;
  setLimit(limitBytes: number | undefined): Promise<void>;
  /** Ids of conversations that own chunks, or once did. */
  owners(): Promise<string[]>;
  /** Takes this owner from its chunks, and removes those that no other conversation owns. */
  removeOwner(conversationId: string): Promise<void>;
  /** Removes what is stored as a chunk and is none, whatever wrote it. */
  removeUnknown(): Promise<void>;
  /** Removes the chunks that an older arithmetic computed, a few at a time. */
  removeOutdated(): Promise<void>;
  /** Whether the page has to be told of that. It is true once. */
  takeRemoval(): Promise<boolean>;
  /** Removes chunks of this many bytes in all, or all there are, in the order of eviction. @returns their bytes */
  free(bytes: number): Promise<number>;
  /** Removes all chunks; the limit stays. */
  clear(): Promise<void>;
}

/** What `createChunkStore` puts together: a table of records, a place for bytes, and limits. */
export interface ChunkStoreParts {
  table: ChunkTable;
  bytes: ValueBytes;
  limits: () => Promise<Limits>;
  /** Milliseconds, for the times of uses. */
  now?: () => number;
}
