import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import { withoutOwner, type ChunkRecord } from "../records/chunk-record.ts";
import { chunksToEvict, type EvictionRequest } from "../space/eviction.ts";
import type { ChunkWrites } from "./chunk-table.ts";

// Each answers with the chunks that it removed.

/** The chunk of a value that is not what it should be; none if it has no such group. */
export async function removeDamaged(tx: ChunkWrites, key: ReadRequest): Promise<ChunkRecord[]> {
  const record = await tx.chunk(key);
  if (!record || key.group >= record.groupBytes.length) return [];
  await tx.removeChunk(key);
  return [record];
}

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

export async function removeAll(tx: ChunkWrites): Promise<ChunkRecord[]> {
  const [records] = await Promise.all([tx.chunks(), tx.clear()]);
  return records;
}

/** Removes chunks until `excessBytes` are free. */
export async function evict(tx: ChunkWrites, request: EvictionRequest): Promise<ChunkRecord[]> {
  const evicted = chunksToEvict(request);
  await Promise.all(evicted.map((record) => tx.removeChunk(record)));
  return evicted;
}
