import { totalBytes, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";
import type { ChunkReads } from "./chunk-table.ts";

export interface Limits {
  /** Where the user set none. */
  defaultBytes: number;
  /** Whatever the user set. */
  maxBytes: number;
}

/** All that a decision about room depends on. */
export interface Inventory {
  chunks: readonly ChunkRecord[];
  uses: readonly SequenceUse[];
  limitBytes: number;
}

export async function readInventory(
  tx: ChunkReads,
  { defaultBytes, maxBytes }: Limits,
): Promise<Inventory> {
  const [chunks, uses, setBytes] = await Promise.all([tx.chunks(), tx.uses(), tx.limitBytes()]);
  return { chunks, uses, limitBytes: Math.min(setBytes ?? defaultBytes, maxBytes) };
}

export const excessBytesOf = ({ chunks, limitBytes }: Inventory): number =>
  totalBytes(chunks) - limitBytes;
