import type { FindRequest } from "../protocol/kv-store-api.ts";
import { createChecksum } from "./checksum.ts";
import { metaOf, type ChunkRecord } from "./chunk-record.ts";
import type { ChunkStore, ChunkStoreParts } from "./chunk-store.ts";
import type { ChunkWrites } from "./chunk-table.ts";
import { commitWith } from "./commit-chunks.ts";
import { findChunks, markUsed } from "./find-chunks.ts";
import { usageOf } from "./kv-usage.ts";
import { removeAll, removeDamaged, removeOwner } from "./remove-chunks.ts";
import { filesOfChunks, stageWith } from "./stage-chunks.ts";
import { evict, excessOf, storedState } from "./stored-state.ts";

export function createChunkStore(parts: ChunkStoreParts): ChunkStore {
  const { table, bytes, limits } = parts;
  const checksum = createChecksum();

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

    async read(key) {
      const value = await table.value(key);
      const loaded = value && (await bytes.load(value.bytes));
      if (loaded && value.checksum === (await checksum)(key, loaded)) return loaded;
      // A reader may ask for what was never there: only what has a record is damaged.
      const isNamed = (await table.read((tx) => tx.chunk(key))) !== undefined;
      if (isNamed) await remove((tx) => removeDamaged(tx, key));
      return undefined;
    },

    commit: commitWith(parts, async (request) => stageWith(await checksum, bytes)(request)),

    async usage() {
      const bounds = await limits();
      return usageOf(await table.read((tx) => storedState(tx, bounds)));
    },

    async setLimit(limitBytes) {
      const bounds = await limits();
      await remove(async (tx) => {
        await tx.setLimitBytes(limitBytes);
        const state = await storedState(tx, bounds);
        return evict(tx, { ...state, excessBytes: excessOf(state) });
      });
    },

    async owners() {
      const uses = await table.read((tx) => tx.uses());
      return [...new Set(uses.map(({ conversationId }) => conversationId))];
    },

    removeOwner: (id) => remove((tx) => removeOwner(tx, id)),
    clear: () => remove(removeAll),
  };
}

/** After the answer: a restoration waits for that, and not for this. */
function noteUse(
  { table, now = Date.now }: ChunkStoreParts,
  request: FindRequest,
  records: readonly ChunkRecord[],
): void {
  if (records.length === 0) return;
  table
    .mark((tx) => markUsed(tx, request, { records, nowMs: now() }))
    // A use that is not noted only makes its chunks older than they are.
    .catch(() => undefined);
}
