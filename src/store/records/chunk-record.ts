import type { ChunkMeta } from "../../protocol/kv-store-api.ts";
import { fieldsOf, isCount, isName, isTime } from "./record-fields.ts";

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
export interface ValueRecord {
  bytes: StoredBytes;
  /** Of the bytes and of the key they were stored under. */
  checksum: string;
}

/** More than any model has, or any chunk of one. */
const MOST = {
  groups: 1024,
  groupBytes: 2 ** 26,
  tokens: 2 ** 16,
  startToken: 2 ** 26,
  owners: 100_000,
};

/** What is known of a chunk as it is read, whatever wrote it. What is no such record is undefined. */
export function asChunkRecord(record: unknown): ChunkRecord | undefined {
  const fields = fieldsOf(record) ?? {};
  const { fingerprint, prefixHash, parentHash, startToken, tokens, full } = fields;
  const { groupBytes, owners, files, family } = fields;
  const isNamed = isName(fingerprint) && isName(prefixHash) && isName(parentHash);
  if (!isNamed || typeof full !== "boolean") return undefined;
  if (!isCount(startToken, MOST.startToken) || !isCount(tokens, MOST.tokens)) return undefined;
  if (!isListOf(groupBytes, MOST.groups, isValueBytes)) return undefined;
  if (!isListOf(owners, MOST.owners, isName) || owners.length === 0) return undefined;
  const known = {
    fingerprint,
    prefixHash,
    parentHash,
    startToken,
    tokens,
    full,
    groupBytes,
    owners,
  };
  const named = { ...known, ...(isName(family) && { family }) };
  if (files === undefined) return named;
  return isListOf(files, MOST.groups, isName) ? { ...named, files } : undefined;
}

const isValueBytes = (value: unknown): value is number => isCount(value, MOST.groupBytes);

const isListOf = <T>(
  value: unknown,
  most: number,
  isItem: (item: unknown) => item is T,
): value is T[] => Array.isArray(value) && value.length <= most && value.every(isItem);

/** A use as it is read: of an impossible time, it is older than all others. */
export function asSequenceUse(record: unknown): SequenceUse | undefined {
  const { conversationId, fingerprint, lastUsedMs } = fieldsOf(record) ?? {};
  if (!isName(conversationId) || !isName(fingerprint)) return undefined;
  return { conversationId, fingerprint, lastUsedMs: isTime(lastUsedMs) ? lastUsedMs : 0 };
}

/** A value as it is read. More bytes than any value has are not looked at. */
export function asValueRecord(record: unknown): ValueRecord | undefined {
  const { bytes, checksum } = fieldsOf(record) ?? {};
  if (typeof checksum !== "string") return undefined;
  if (bytes instanceof Blob) return bytes.size <= MOST.groupBytes ? { bytes, checksum } : undefined;
  if (bytes instanceof Uint8Array && bytes.length <= MOST.groupBytes)
    return { bytes: bytes as Uint8Array<ArrayBuffer>, checksum };
  const file = fieldsOf(bytes)?.["file"];
  return isName(file) ? { bytes: { file }, checksum } : undefined;
}

/** What the user set, as it is read; undefined of what no one can have set. */
export const asLimitBytes = (value: unknown): number | undefined =>
  isCount(value, Number.MAX_SAFE_INTEGER) ? value : undefined;

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
  ...(record.family !== undefined && { family: record.family }),
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
