import { totalBytes, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";
import type { ChunkReads, ChunkWrites } from "./chunk-table.ts";
import { chunksToEvict, type EvictionRequest } from "../room/eviction.ts";

export interface Limits {
  /** Where the user set none. */
  defaultBytes: number;
  /** Whatever the user set. */
  maxBytes: number;
}

/** All that a decision about room depends on. */
export interface StoredState {
  chunks: readonly ChunkRecord[];
  uses: readonly SequenceUse[];
  limitBytes: number;
}

export async function storedState(
  tx: ChunkReads,
  { defaultBytes, maxBytes }: Limits,
): Promise<StoredState> {
  const [chunks, uses, setBytes] = await Promise.all([tx.chunks(), tx.uses(), tx.limitBytes()]);
  return { chunks, uses, limitBytes: Math.min(setBytes ?? defaultBytes, maxBytes) };
}

export const excessOf = ({ chunks, limitBytes }: StoredState): number =>
  totalBytes(chunks) - limitBytes;

/** Removes chunks until `excessBytes` are free; answers with them. */
export async function evict(tx: ChunkWrites, request: EvictionRequest): Promise<ChunkRecord[]> {
  const evicted = chunksToEvict(request);
  await Promise.all(evicted.map((record) => tx.removeChunk(record)));
  return evicted;
}
