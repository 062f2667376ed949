import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import type { ChunkKey, ChunkRecord, SequenceUse, ValueRecord } from "../records/chunk-record.ts";

export interface ChunkReads {
  chunk(key: ChunkKey): Promise<ChunkRecord | undefined>;
  chunks(): Promise<ChunkRecord[]>;
  /** Keys of records that are not what they should be: nothing else finds these. */
  unknownChunks(): Promise<ChunkKey[]>;
  /** Those that follow the chunk of this hash. */
  children(fingerprint: string, parentHash: string): Promise<ChunkRecord[]>;
  ownedBy(conversationId: string): Promise<ChunkRecord[]>;
  uses(): Promise<SequenceUse[]>;
  /** What the user set. */
  limitBytes(): Promise<number | undefined>;
}

export interface ChunkMarks extends ChunkReads {
  /** Changes what is known of a chunk; its values stay. */
  putRecord(record: ChunkRecord): Promise<unknown>;
  putUse(use: SequenceUse): Promise<unknown>;
}

export interface ChunkWrites extends ChunkMarks {
  putChunk(record: ChunkRecord, values: readonly ValueRecord[]): Promise<unknown>;
  /** With all its values. */
  removeChunk(key: ChunkKey): Promise<unknown>;
  removeUses(conversationId: string): Promise<unknown>;
  setLimitBytes(limitBytes: number | undefined): Promise<unknown>;
  clear(): Promise<unknown>;
}

/**
 * Chunks and what is known of them, changed together. `work` awaits nothing but its transaction: all
 * that it changed is kept when the call resolves, and nothing when it rejects.
 */
export interface ChunkTable {
  read<T>(work: (tx: ChunkReads) => Promise<T>): Promise<T>;
  /** Holds up no `values`, as `write` does. */
  mark<T>(work: (tx: ChunkMarks) => Promise<T>): Promise<T>;
  write<T>(work: (tx: ChunkWrites) => Promise<T>): Promise<T>;
  /** Each undefined also when the browser cannot read what it has stored. */
  values(keys: readonly ReadRequest[]): Promise<(ValueRecord | undefined)[]>;
}
