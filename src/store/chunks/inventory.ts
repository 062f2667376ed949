import { totalBytes, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";
import type { ChunkReads } from "./chunk-table.ts";

/** Limits of all KV together, in bytes. */
export interface Limits {
  /** The limit while the user has set none. */
  defaultBytes: number;
  /** The user cannot set a higher limit than this. */
  maxBytes: number;
}

/** What a decision about space depends on: all chunks, the uses of all sequences, and the limit. */
export interface Inventory {
  chunks: readonly ChunkRecord[];
  uses: readonly SequenceUse[];
  limitBytes: number;
}

/** Reads the inventory in the transaction that also makes the changes, so that it cannot be out of date. */
export async function readInventory(
  tx: ChunkReads,
  { defaultBytes, maxBytes }: Limits,
): Promise<Inventory> {
  const [chunks, uses, setBytes] = await Promise.all([tx.chunks(), tx.uses(), tx.limitBytes()]);
  return { chunks, uses, limitBytes: Math.min(setBytes ?? defaultBytes, maxBytes) };
}

/** How many bytes the stored chunks are over the limit; negative if they are below it. */
export const excessBytesOf = ({ chunks, limitBytes }: Inventory): number =>
  totalBytes(chunks) - limitBytes;
