import { NUMERICS_VERSION, type ChunkMeta } from "../../protocol/kv-store-api.ts";
import { fieldsOf, isCount, isName, isTime } from "../../shared/record-fields.ts";

/** What is known of a stored chunk without reading its values. */
export interface ChunkRecord extends ChunkMeta {
  /**
   * Ids of the conversations that begin with its tokens; never empty. When the last owner goes, so does the chunk.
   */
  owners: readonly string[];
  /** Names of the files that hold its values; absent if the values are in the database. */
  files?: readonly string[];
}

/** That chunks were removed because of an older arithmetic, and whether the page has said so. */
export interface KvRemoval {
  /** The `NUMERICS_VERSION` that they were removed for. */
  numerics: number;
  isTold: boolean;
}

export type ChunkKey = Pick<ChunkMeta, "fingerprint" | "prefixHash">;

/**
 * When a sequence was last used. A sequence is one conversation under one fingerprint; its chunks count as used at
 * the same time, and are evicted together.
 */
export interface SequenceUse {
  conversationId: string;
  fingerprint: string;
  lastUsedMs: number;
}

/** The bytes of a value: in the record itself, or in a file of that name. */
export type StoredBytes = Uint8Array<ArrayBuffer> | Blob | { file: string };

/** The value of one layer group of a chunk, as it is stored. */
export interface ValueRecord {
  bytes: StoredBytes;
  /** `Checksum` of the bytes and of the key under which they were stored. */
  checksum: string;
}

/** Larger numbers cannot be those of a real chunk. */
const MOST = {
  groups: 1024,
  groupBytes: 2 ** 26,
  tokens: 2 ** 16,
  startToken: 2 ** 26,
  owners: 100_000,
  tokenBytes: 2 ** 24,
  numerics: 1_000_000,
};

/** Checks a chunk's record when it is read: anything may have written it. Undefined if it cannot be one. */
export function asChunkRecord(record: unknown): ChunkRecord | undefined {
  const fields = fieldsOf(record) ?? {};
  const { fingerprint, prefixHash, parentHash, startToken, tokens, full } = fields;
  const { groupBytes, owners, files, family, tokenBytes, numerics } = fields;
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
  const told = {
    ...known,
    ...(isName(family) && { family }),
    ...(isCount(tokenBytes, MOST.tokenBytes) && { tokenBytes }),
    ...(isCount(numerics, MOST.numerics) && { numerics }),
  };
  if (files === undefined) return told;
  return isListOf(files, MOST.groups, isName) ? { ...told, files } : undefined;
}

const isValueBytes = (value: unknown): value is number => isCount(value, MOST.groupBytes);

const isListOf = <T>(
  value: unknown,
  most: number,
  isItem: (item: unknown) => item is T,
): value is T[] => Array.isArray(value) && value.length <= most && value.every(isItem);

/** Checks a use when it is read. One with an impossible time counts as older than all others. */
export function asSequenceUse(record: unknown): SequenceUse | undefined {
  const { conversationId, fingerprint, lastUsedMs } = fieldsOf(record) ?? {};
  if (!isName(conversationId) || !isName(fingerprint)) return undefined;
  return { conversationId, fingerprint, lastUsedMs: isTime(lastUsedMs) ? lastUsedMs : 0 };
}

/**
 * Checks a value when it is read. One with more bytes than any real value is undefined, and its bytes are not read.
 */
export function asValueRecord(record: unknown): ValueRecord | undefined {
  const { bytes, checksum } = fieldsOf(record) ?? {};
  if (typeof checksum !== "string") return undefined;
  if (bytes instanceof Blob) return bytes.size <= MOST.groupBytes ? { bytes, checksum } : undefined;
  if (bytes instanceof Uint8Array && bytes.length <= MOST.groupBytes)
    return { bytes: bytes as Uint8Array<ArrayBuffer>, checksum };
  const file = fieldsOf(bytes)?.["file"];
  return isName(file) ? { bytes: { file }, checksum } : undefined;
}

/** Checks the limit that the user set when it is read. Undefined if nobody can have set it. */
export const asLimitBytes = (value: unknown): number | undefined =>
  isCount(value, Number.MAX_SAFE_INTEGER) ? value : undefined;

/** Checks the note of a removal when it is read. */
export function asKvRemoval(value: unknown): KvRemoval | undefined {
  const { numerics, isTold } = fieldsOf(value) ?? {};
  if (!isCount(numerics, MOST.numerics) || typeof isTold !== "boolean") return undefined;
  return { numerics, isTold };
}

/** Whether a chunk's rows were computed with an older arithmetic. A chunk that does not say is of the first. */
export const isOutdated = ({ numerics = 1 }: ChunkMeta): boolean => numerics < NUMERICS_VERSION;

export const bytesOf = (chunk: ChunkMeta): number =>
  chunk.groupBytes.reduce((sum, bytes) => sum + bytes, 0);

export const totalBytes = (chunks: readonly ChunkMeta[]): number =>
  chunks.reduce((sum, chunk) => sum + bytesOf(chunk), 0);

/** The part of a record that the engine gets to know. */
export const metaOf = (record: ChunkRecord): ChunkMeta => ({
  fingerprint: record.fingerprint,
  prefixHash: record.prefixHash,
  parentHash: record.parentHash,
  startToken: record.startToken,
  tokens: record.tokens,
  full: record.full,
  groupBytes: record.groupBytes,
  ...(record.family !== undefined && { family: record.family }),
  ...(record.tokenBytes !== undefined && { tokenBytes: record.tokenBytes }),
  ...(record.numerics !== undefined && { numerics: record.numerics }),
});

export const withOwner = (conversationId: string, record: ChunkRecord): ChunkRecord =>
  record.owners.includes(conversationId)
    ? record
    : { ...record, owners: [...record.owners, conversationId] };

/** The record without that owner; undefined if it was the last one. */
export function withoutOwner(conversationId: string, record: ChunkRecord): ChunkRecord | undefined {
  const owners = record.owners.filter((owner) => owner !== conversationId);
  return owners.length > 0 ? { ...record, owners } : undefined;
}
