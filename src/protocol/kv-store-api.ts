/**
 * What the engine worker asks of the store worker, over a port of their own: KV chunks, as bytes.
 *
 * A *chunk* is the K and V of a fixed run of consecutive tokens, all layers, stored as one value per
 * *layer group*. It is named by what it depends on: the fingerprint (model, formats, versions) and the
 * prefix hash, which chains over its tokens and its predecessor's hash, and ends in its lineage: how its
 * rows came to be. Equal prefixes are therefore stored once, whichever conversation they are part of.
 */

import type { Result } from "./errors.ts";

export interface ChunkMeta {
  /** Hex, 32 digits. */
  fingerprint: string;
  /** Hex, 32 digits. Of all tokens up to and including this chunk's, and of its lineage. */
  prefixHash: string;
  /** Of all tokens before this chunk's, whatever their lineage; `ROOT_HASH` of a first one. */
  parentHash: string;
  /** Position of its first token. */
  startToken: number;
  tokens: number;
  /**
   * A full chunk never changes. A partial one is superseded as its conversation goes on, and a full one
   * when its rows are stored in another form.
   */
  full: boolean;
  /** Size of each layer group's value. */
  groupBytes: readonly number[];
  /**
   * Name of the codec family that decodes it, if its lineage leaves that open. What was stored before chunks said
   * so has none.
   */
  family?: string;
}

/** The predecessor of a first chunk. */
export const ROOT_HASH = "0".repeat(32);

export interface ChunkWrite {
  meta: ChunkMeta;
  /** One per layer group. Transferred: the caller's are empty afterwards. */
  values: Uint8Array<ArrayBuffer>[];
}

export interface CommitRequest {
  /** Becomes an owner of the chunks. */
  conversationId: string;
  writes: ChunkWrite[];
  /** Chunks that the new ones continue or replace: removed, unless another conversation owns them. */
  superseded: string[];
  fingerprint: string;
}

export interface FindRequest {
  conversationId: string;
  fingerprint: string;
  /** Prefix hashes of the sequence's full chunks, first to last, in each lineage that is of use. */
  prefixHashes: readonly string[];
  /** Parent hashes of what follows the sequence's full chunks, but for `ROOT_HASH`. */
  parentHashes: readonly string[];
}

export interface FoundChunks {
  /** Those of the asked-for chunks that are stored, in order; holes are left out. */
  full: ChunkMeta[];
  /** Partial chunks that follow the root or one of the full chunks, stored or not, of any lineage. */
  partial: ChunkMeta[];
}

export interface ReadRequest {
  fingerprint: string;
  prefixHash: string;
  group: number;
}

/** What comes over the port of a `readAll`, once for each request, in no order. */
export interface ReadReply {
  /** Of the request. */
  index: number;
  /** Transferred. Undefined if the value is not there or not what was stored. */
  value: Uint8Array<ArrayBuffer> | undefined;
}

export interface CommitSummary {
  writtenBytes: number;
  /** Freed to make room under the limit. */
  evictedBytes: number;
}

export interface KvStoreApi {
  /** What is stored along a sequence. Marks it as used by the conversation, now. */
  find(request: FindRequest): Promise<Result<FoundChunks>>;
  /**
   * Values of layer groups, read about in this order, several at a time. Each is checked against the
   * checksum it was stored with and posted to `port`, which is transferred, as a `ReadReply`. The chunk
   * of a value that is not what was stored is removed. Any message from the other end ends the reading.
   */
  readAll(requests: readonly ReadRequest[], port: MessagePort): Promise<Result<void>>;
  /**
   * Store chunks and their metadata: all or none. A chunk that is stored already is not written again.
   * Evicts under the user's limit first; `quota-exceeded` when the browser refuses all the same.
   */
  commit(request: CommitRequest): Promise<Result<CommitSummary>>;
  /**
   * What was last put under a name: something that was measured or learned on this device, such as what
   * restoring takes here, or a basis for coding a model's KV. It survives a reload and is plain data, which
   * the reader has to check. Undefined if there is nothing.
   */
  deviceRecord(name: string): Promise<Result<unknown>>;
  putDeviceRecord(name: string, value: unknown): Promise<Result<void>>;
}
