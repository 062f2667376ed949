import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import { withoutOwner, type ChunkRecord } from "../records/chunk-record.ts";
import { chunksToEvict, type EvictionRequest } from "../space/eviction.ts";
import type { ChunkWrites } from "./chunk-table.ts";

/** @file Removals of chunks. Each function gives the records of the chunks that it removed. */

/** Removes the chunk of a damaged value. If the chunk has no such group, nothing is damaged, and it stays. */
export async function removeDamaged(tx: ChunkWrites, key: ReadRequest): Promise<ChunkRecord[]> {
  const record = await tx.chunk(key);
  if (!record || key.group >= record.groupBytes.length) return [];
  await tx.removeChunk(key);
  return [record];
}

/** Takes this owner from its chunks, and removes those that no other conversation owns. */
export async function removeOwner(tx: ChunkWrites, conversationId: string): Promise<ChunkRecord[]> {
  const removed: ChunkRecord[] = [];
  const owned = await tx.ownedBy(conversationId);
  const changes = owned.map((record) => {
    const left = withoutOwner(conversationId, record);
    if (left) return tx.putRecord(left);
    removed.push(record);
    return tx.removeChunk(record);
  });
  await Promise.all([...changes, tx.removeUses(conversationId)]);
  return removed;
}

/** Removes all chunks and uses. */
export async function removeAll(tx: ChunkWrites): Promise<ChunkRecord[]> {
  const [records] = await Promise.all([tx.chunks(), tx.clear()]);
  return records;
}

/** Removes chunks until `excessBytes` are free, in the order of `chunksToEvict`. */
export async function evict(tx: ChunkWrites, request: EvictionRequest): Promise<ChunkRecord[]> {
  const evicted = chunksToEvict(request);
  await Promise.all(evicted.map((record) => tx.removeChunk(record)));
  return evicted;
}
