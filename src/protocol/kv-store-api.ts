/**
 * @file What the engine worker asks of the store worker, over a port that only these two share: KV chunks, as bytes.
 *
 * A *chunk* is the K and V of a fixed number of consecutive tokens, in all layers. It is stored as one *value* for
 * each *layer group*. Its name is made of everything that its bytes depend on: the *fingerprint* (of model, formats
 * and versions) and the *prefix hash*. The prefix hash chains over the chunk's tokens and the hash of the chunk
 * before it. It ends in the chunk's *lineage*, which says how its rows came to be. So equal prefixes are stored
 * once, whichever conversations they are part of.
 */

import type { Result } from "./errors.ts";

/** What is known of a chunk without reading its values. */
export interface ChunkMeta {
  /** Hex, 32 digits. */
  fingerprint: string;
  /**
   * Hex. 32 digits depend on all tokens up to the last one of this chunk, and on its lineage. The name of exact rows has
   * 16 more, for the variant of the kernels that computed them.
   */
  prefixHash: string;
  /** Depends on all tokens before this chunk, but not on their lineage. A first chunk has `ROOT_HASH`. */
  parentHash: string;
  /** The position of its first token. */
  startToken: number;
  tokens: number;
  /**
   * A full chunk never changes. A partial one is superseded as its conversation goes on, and a full one
   * when its rows are stored in another form.
   */
  full: boolean;
  /** Bytes of each layer group's value. */
  groupBytes: readonly number[];
  /**
   * The name of the codec family that decodes it, if its lineage leaves that open. Chunks that were stored before
   * this field existed have none.
   */
  family?: string;
  /**
   * Bytes of one token's K and V in all layers, as they are in the cache: what storing takes less than that is what was
   * saved. Chunks that were stored before this field existed have none.
   */
  tokenBytes?: number;
  /** The `NUMERICS_VERSION` that its rows were computed with. Chunks that were stored before it was noted have none. */
  numerics?: number;
}

/**
 * Raised when the same tokens would get other rows, say by another order of sums or another rounding. What was stored
 * with a lower one is of no use any more: the store removes it at its next start.
 */
export const NUMERICS_VERSION = 2;

/** The parent hash of a first chunk. */
export const ROOT_HASH = "0".repeat(32);

/** The digits of a prefix hash that a request gives if it asks for the rows of every variant. */
export const nameInAnyVariant = (prefixHash: string): string =>
  prefixHash.slice(0, ROOT_HASH.length);

/** A chunk to be stored. */
export interface ChunkWrite {
  meta: ChunkMeta;
  /** One value for each layer group. They are transferred, and so the caller's arrays are empty afterwards. */
  values: Uint8Array<ArrayBuffer>[];
}

/** Chunks of one conversation that are stored together. */
export interface CommitRequest {
  /** The conversation that becomes an owner of the chunks. */
  conversationId: string;
  writes: ChunkWrite[];
  /**
   * Prefix hashes of chunks that the new ones continue or replace. They are removed, unless another conversation
   * owns them. 32 digits of exact rows stand for those of every variant, except what this commit writes.
   */
  superseded: string[];
  fingerprint: string;
}

/** Asks what is stored of a sequence: one conversation under one fingerprint. */
export interface FindRequest {
  conversationId: string;
  fingerprint: string;
  /**
   * Prefix hashes of the sequence's full chunks, from first to last, in each lineage that the caller can use. 32 digits
   * of exact rows stand for those of every variant.
   */
  prefixHashes: readonly string[];
  /** The parent hashes that chunks after the sequence's full chunks have. `ROOT_HASH` is always looked for too. */
  parentHashes: readonly string[];
}

/** The stored chunks that a `FindRequest` asks for. */
export interface FoundChunks {
  /** The full chunks that are stored, in the order of the request. Those that are not stored are left out. */
  full: ChunkMeta[];
  /** Partial chunks of any lineage that follow the root or one of the full chunks, even one that is not stored. */
  partial: ChunkMeta[];
}

/** The key of one value. */
export interface ReadRequest {
  fingerprint: string;
  prefixHash: string;
  group: number;
}

/** One message over the port of a `readAll`. There is one for each request, in any order. */
export interface ReadReply {
  /** The index of the request in `requests`. */
  index: number;
  /** The bytes, transferred. Undefined if the value is missing, or is not what was stored. */
  value: Uint8Array<ArrayBuffer> | undefined;
}

/** What a commit has changed. */
export interface CommitSummary {
  writtenBytes: number;
  /** Bytes of chunks that were removed to keep within the limit, or because the browser refused the space. */
  evictedBytes: number;
}

/**
 * How the names of device records begin that hold what was learned from what is chatted. They go when the stored KV is
 * cleared. The first two are from before the others had a beginning in common.
 */
export const LEARNED_RECORDS = ["transform basis, ", "basis statistics, ", "learned, "] as const;

/** What all stored KV takes, and how much it may take before some of it is evicted. */
export interface KvRoom {
  usedBytes: number;
  limitBytes: number;
}

/** The calls of the engine worker. */
export interface KvStoreApi {
  /** Finds what is stored of a sequence, and notes that the conversation uses it now. */
  find(request: FindRequest): Promise<Result<FoundChunks>>;
  /**
   * Reads values, several at a time and about in this order. Each is compared with the checksum that was stored
   * with it, and is then posted to `port` as a `ReadReply`. If a value is not what was stored, its chunk is
   * removed. The port is transferred. Any message from its other end ends the reading.
   */
  readAll(requests: readonly ReadRequest[], port: MessagePort): Promise<Result<void>>;
  /**
   * Stores all of these chunks or, if it fails, none. A chunk that is stored already is not written again. Other
   * chunks are evicted to keep within the user's limit, and also if the browser refuses the space. If it still
   * does, this fails with `quota-exceeded`.
   */
  commit(request: CommitRequest): Promise<Result<CommitSummary>>;
  room(): Promise<Result<KvRoom>>;
  /**
   * What was last put under a name: something that was measured or learned on this device, such as what
   * restoring takes here, or a basis for coding a model's KV. It survives a reload and is plain data, which
   * the reader has to check. Undefined if there is nothing.
   */
  deviceRecord(name: string): Promise<Result<unknown>>;
  /** Whether there is anything under a name. Nothing of it is read. */
  hasDeviceRecord(name: string): Promise<Result<boolean>>;
  /** Replaces what was put under that name. */
  putDeviceRecord(name: string, value: unknown): Promise<Result<void>>;
}
