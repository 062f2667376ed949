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

export type KvUsage = Pick<StorageUsage, "kvBytes" | "conversations" | "limitBytes">;

/** Where values go that are read. */
export interface ReadSink {
  /** The value is the sink's to keep. */
  take(reply: ReadReply): void;
  /** Nothing more is wanted. */
  isClosed(): boolean;
}

/**
 * Keeps KV chunks: what `KvStoreApi` promises, with failures thrown, and the room they take.
 *
 * @throws EngineError `quota-exceeded` when the browser refuses the space, `store-unavailable` when it
 * gives no access. A call that failed stored nothing.
 */
export interface ChunkStore {
  find(request: FindRequest): Promise<FoundChunks>;
  readAll(requests: readonly ReadRequest[], sink: ReadSink): Promise<void>;
  commit(request: CommitRequest): Promise<CommitSummary>;
  usage(): Promise<KvUsage>;
  setLimit(limitBytes: number | undefined): Promise<void>;
  /** Conversations that own chunks, or did. */
  owners(): Promise<string[]>;
  /** Frees the chunks that no other conversation owns. */
  removeOwner(conversationId: string): Promise<void>;
  /** Frees what is stored as a chunk and is none. */
  removeUnknown(): Promise<void>;
  /** Removes all chunks; the limit stays. */
  clear(): Promise<void>;
}

export interface ChunkStoreParts {
  table: ChunkTable;
  bytes: ValueBytes;
  limits: () => Promise<Limits>;
  now?: () => number;
}
