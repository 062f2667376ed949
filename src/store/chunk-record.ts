import type { ChunkMeta } from "../protocol/kv-store-api.ts";

/** What the index knows of a stored chunk. */
export interface ChunkRecord extends ChunkMeta {
  /** Conversations that begin with its tokens; never empty. It goes with the last of them. */
  owners: readonly string[];
  /** The files that hold its values, where they are not in the database. */
  files?: readonly string[];
}

export type ChunkKey = Pick<ChunkMeta, "fingerprint" | "prefixHash">;

/** A conversation under one fingerprint: what is used, and evicted, as one. */
export interface SequenceUse {
  conversationId: string;
  fingerprint: string;
  lastUsedMs: number;
}

/** Where a value's bytes lie: in the record itself, or in a file of that name. */
export type StoredBytes = Uint8Array<ArrayBuffer> | Blob | { file: string };

/** One layer group of a chunk, as it is stored. */
export interface StoredValue {
  bytes: StoredBytes;
  /** Of the bytes and of the key they were stored under. */
  checksum: string;
}

export const bytesOf = (chunk: ChunkMeta): number =>
  chunk.groupBytes.reduce((sum, bytes) => sum + bytes, 0);

export const totalBytes = (chunks: readonly ChunkMeta[]): number =>
  chunks.reduce((sum, chunk) => sum + bytesOf(chunk), 0);

/** The part that the engine is told. */
export const metaOf = (record: ChunkRecord): ChunkMeta => ({
  fingerprint: record.fingerprint,
  prefixHash: record.prefixHash,
  parentHash: record.parentHash,
  startToken: record.startToken,
  tokens: record.tokens,
  full: record.full,
  groupBytes: record.groupBytes,
});

export const withOwner = (conversationId: string, record: ChunkRecord): ChunkRecord =>
  record.owners.includes(conversationId)
    ? record
    : { ...record, owners: [...record.owners, conversationId] };

/** Undefined when that was its last owner. */
export function withoutOwner(conversationId: string, record: ChunkRecord): ChunkRecord | undefined {
  const owners = record.owners.filter((owner) => owner !== conversationId);
  return owners.length > 0 ? { ...record, owners } : undefined;
}
