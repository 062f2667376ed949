import { nameInAnyVariant, ROOT_HASH, type FindRequest } from "../../protocol/kv-store-api.ts";
import { groupedBy } from "../../shared/grouped-by.ts";
import { withOwner, type ChunkKey, type ChunkRecord } from "../records/chunk-record.ts";
import type { ChunkMarks, ChunkReads } from "./chunk-table.ts";

export interface FoundRecords {
  full: ChunkRecord[];
  partial: ChunkRecord[];
}

/** The records of the chunks that `KvStoreApi.find` asks for. */
export async function findChunks(
  tx: ChunkReads,
  { fingerprint, prefixHashes, parentHashes }: FindRequest,
): Promise<FoundRecords> {
  // The children of the root and of every chunk are the full chunks that are asked for, partial ones, and other
  // branches.
  const parents = [ROOT_HASH, ...parentHashes];
  const families = await Promise.all(parents.map((parent) => tx.children(fingerprint, parent)));
  const full = families.flat().filter((record) => record.full);
  const named = recordsByName(full);
  return {
    full: [...new Set(prefixHashes.flatMap((hash) => named(hash)))],
    partial: families.flat().filter((record) => !record.full),
  };
}

/** A function that gives the records that a name stands for: one, or those of every variant. */
export function recordsByName(records: readonly ChunkRecord[]): (name: string) => ChunkRecord[] {
  const exactly = groupedBy(records, ({ prefixHash }) => prefixHash);
  const inAnyVariant = groupedBy(records, ({ prefixHash }) => nameInAnyVariant(prefixHash));
  return (name) => exactly.get(name) ?? inAnyVariant.get(name) ?? [];
}

/** Notes that the conversation uses these chunks, and makes it an owner of those that it did not own yet. */
export async function markUsed(
  tx: ChunkMarks,
  { conversationId, fingerprint }: FindRequest,
  { records, nowMs }: { records: readonly ChunkRecord[]; nowMs: number },
): Promise<void> {
  await tx.putUse({ conversationId, fingerprint, lastUsedMs: nowMs });
  const adopted = records.filter(({ owners }) => !owners.includes(conversationId));
  await Promise.all(adopted.map((record) => adopt(tx, conversationId, record)));
}

async function adopt(tx: ChunkMarks, conversationId: string, key: ChunkKey): Promise<void> {
  // The chunk may have been removed or changed since it was found.
  const record = await tx.chunk(key);
  if (record) await tx.putRecord(withOwner(conversationId, record));
}
