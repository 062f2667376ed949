import type { FindRequest, ReadRequest } from "../../protocol/kv-store-api.ts";
import { createChecksum } from "../bytes/checksum.ts";
import { metaOf, totalBytes, type ChunkRecord } from "../records/chunk-record.ts";
import type { ChunkStore, ChunkStoreParts } from "./chunk-store.ts";
import type { ChunkWrites } from "./chunk-table.ts";
import { commitWith } from "./commit-chunks.ts";
import { findChunks, markUsed } from "./find-chunks.ts";
import { usageOf } from "./kv-usage.ts";
import { excessBytesOf, readInventory } from "./inventory.ts";
import { readValues } from "./read-values.ts";
import { evict, removeAll, removeDamaged, removeOwner } from "./remove-chunks.ts";
import { outdatedChunks, removeOutdated, takeRemoval } from "./remove-outdated.ts";
import { filesOfChunks, stageWith } from "./stage-chunks.ts";

/**
 * Puts a chunk store together. Each of its methods has a file of its own: `find-chunks`, `read-values`, `commit-
 * chunks`, `kv-usage`, `remove-chunks`, `remove-outdated`.
 */
export function createChunkStore(parts: ChunkStoreParts): ChunkStore {
  const { table, bytes, limits } = parts;
  const checksum = createChecksum();

  // A reader may ask for chunks that were never stored. Only those that have a record are damaged.
  const removeRefused = async (keys: readonly ReadRequest[]) => {
    const records = await table.read((tx) => Promise.all(keys.map((key) => tx.chunk(key))));
    const damaged = keys.filter((_, i) => records[i] !== undefined);
    for (const key of damaged) await remove((tx) => removeDamaged(tx, key));
  };

  const remove = async (work: (tx: ChunkWrites) => Promise<ChunkRecord[]>) => {
    const removed = await table.write(work);
    await bytes.discard(filesOfChunks(removed));
  };

  return {
    async find(request) {
      const found = await table.read((tx) => findChunks(tx, request));
      noteUse(parts, request, found.full);
      return { full: found.full.map(metaOf), partial: found.partial.map(metaOf) };
    },

    async readAll(requests, sink) {
      const refused = await readValues({ table, bytes, checksum: await checksum }, requests, sink);
      if (refused.length > 0) await removeRefused(refused);
    },

    commit: commitWith(parts, async (request) => stageWith(await checksum, bytes)(request)),

    async usage() {
      const bounds = await limits();
      return usageOf(await table.read((tx) => readInventory(tx, bounds)));
    },

    async setLimit(limitBytes) {
      const bounds = await limits();
      await remove(async (tx) => {
        await tx.setLimitBytes(limitBytes);
        const inventory = await readInventory(tx, bounds);
        return evict(tx, { ...inventory, excessBytes: excessBytesOf(inventory) });
      });
    },

    async owners() {
      const uses = await table.read((tx) => tx.uses());
      return [...new Set(uses.map(({ conversationId }) => conversationId))];
    },

    async removeUnknown() {
      const unknown = await table.read((tx) => tx.unknownChunks());
      // A writing transaction delays those that read values, as a restoration does at this time.
      if (unknown.length > 0)
        await table.write((tx) => Promise.all(unknown.map((key) => tx.removeChunk(key))));
    },

    async removeOutdated() {
      const steps = await table.read(outdatedChunks);
      for (const keys of steps) await remove((tx) => removeOutdated(tx, keys));
    },

    free: (excessBytes) => free(parts, excessBytes),

    takeRemoval: () => takeRemoval(table),
    removeOwner: (id) => remove((tx) => removeOwner(tx, id)),
    clear: () => remove(removeAll),
  };
}

/** Evicts chunks of so many bytes. @returns how many they had in truth */
async function free({ table, bytes, limits }: ChunkStoreParts, excessBytes: number) {
  const bounds = await limits();
  const evicted = await table.write(async (tx) =>
    evict(tx, { ...(await readInventory(tx, bounds)), excessBytes }),
  );
  await bytes.discard(filesOfChunks(evicted));
  return totalBytes(evicted);
}

/**
 * Notes that the conversation uses these chunks. It is not awaited: a restoration waits for the chunks that were
 * found, and should not wait for this too.
 */
function noteUse(
  { table, now = Date.now }: ChunkStoreParts,
  request: FindRequest,
  records: readonly ChunkRecord[],
): void {
  if (records.length === 0) return;
  table
    .mark((tx) => markUsed(tx, request, { records, nowMs: now() }))
    // A use that could not be noted only makes its chunks count as older than they are.
    .catch(() => undefined);
}
