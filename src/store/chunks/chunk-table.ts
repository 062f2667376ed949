import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import type {
  ChunkKey,
  ChunkRecord,
  KvRemoval,
  SequenceUse,
  ValueRecord,
} from "../records/chunk-record.ts";

/** What a transaction can read. */
export interface ChunkReads {
  chunk(key: ChunkKey): Promise<ChunkRecord | undefined>;
  chunks(): Promise<ChunkRecord[]>;
  /** Keys of records that are damaged. No other method finds these. */
  unknownChunks(): Promise<ChunkKey[]>;
  /** The chunks that follow the one of this hash. */
  children(fingerprint: string, parentHash: string): Promise<ChunkRecord[]>;
  ownedBy(conversationId: string): Promise<ChunkRecord[]>;
  uses(): Promise<SequenceUse[]>;
  /** The limit that the user set; undefined if none is set. */
  limitBytes(): Promise<number | undefined>;
  /** What was last noted of outdated chunks that were removed. */
  removal(): Promise<KvRemoval | undefined>;
}

/** What a transaction of `mark` can do: it changes records, but no values. */
export interface ChunkMarks extends ChunkReads {
  /** Replaces the record of a chunk. Its values stay. */
  putRecord(record: ChunkRecord): Promise<unknown>;
  putUse(use: SequenceUse): Promise<unknown>;
  putRemoval(removal: KvRemoval): Promise<unknown>;
}

/** What a transaction of `write` can do. */
export interface ChunkWrites extends ChunkMarks {
  putChunk(record: ChunkRecord, values: readonly ValueRecord[]): Promise<unknown>;
  /** Removes the record of a chunk and all its values. */
  removeChunk(key: ChunkKey): Promise<unknown>;
  removeUses(conversationId: string): Promise<unknown>;
  setLimitBytes(limitBytes: number | undefined): Promise<unknown>;
  clear(): Promise<unknown>;
}

/**
 * The table of stored chunks: their records and values, the uses of sequences, and the limit. Each of the first
 * three methods is one transaction. When it resolves, everything that `work` changed is stored; when it rejects,
 * nothing is. `work` may await nothing but its transaction.
 */
export interface ChunkTable {
  read<T>(work: (tx: ChunkReads) => Promise<T>): Promise<T>;
  /** A transaction that has no part in the values. Unlike `write`, it does not delay `values`. */
  mark<T>(work: (tx: ChunkMarks) => Promise<T>): Promise<T>;
  write<T>(work: (tx: ChunkWrites) => Promise<T>): Promise<T>;
  /** The values of these keys. One that is not stored, or that the browser cannot read, is undefined. */
  values(keys: readonly ReadRequest[]): Promise<(ValueRecord | undefined)[]>;
}
