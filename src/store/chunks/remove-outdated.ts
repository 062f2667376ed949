/**
 * @file Removes chunks whose rows were computed with an older arithmetic: no conversation can use them any more.
 *
 * - RO1: A chunk is outdated if its `numerics` is lower than this build's; one that says none is of the first. Chunks
 *   of a higher one stay, because a newer build may run in another tab.
 * - RO2: Outdated chunks go a few at a time, each time in a transaction of its own, so that others get their turn
 *   between. What an interrupted start has left, the next one removes.
 * - RO3: With the first of them it is noted that something was removed for this arithmetic, and later that the page was
 *   told. It is told once: not again when an old build, which still ran in another tab, has stored more.
 */

import { NUMERICS_VERSION } from "../../protocol/kv-store-api.ts";
import { isOutdated, type ChunkKey, type ChunkRecord } from "../records/chunk-record.ts";
import type { ChunkReads, ChunkTable, ChunkWrites } from "./chunk-table.ts";

/** Most chunks that one transaction removes: some tens of MiB, which take some tens of milliseconds. */
const STEP_CHUNKS = 16;

/** The chunks to be removed (RO1), in parts of which each is removed at once (RO2). */
export async function outdatedChunks(tx: ChunkReads): Promise<ChunkKey[][]> {
  const outdated = (await tx.chunks()).filter(isOutdated);
  const steps = Math.ceil(outdated.length / STEP_CHUNKS);
  return Array.from({ length: steps }, (_, step) =>
    outdated.slice(step * STEP_CHUNKS, (step + 1) * STEP_CHUNKS),
  );
}

/** Removes those of these chunks that are still there and outdated, and notes it (RO3). Gives their records. */
export async function removeOutdated(
  tx: ChunkWrites,
  keys: readonly ChunkKey[],
): Promise<ChunkRecord[]> {
  const records = await Promise.all(keys.map((key) => tx.chunk(key)));
  const outdated = records.filter((record) => record !== undefined).filter(isOutdated);
  if (outdated.length === 0) return [];
  const noted = await tx.removal();
  if ((noted?.numerics ?? 0) < NUMERICS_VERSION)
    await tx.putRemoval({ numerics: NUMERICS_VERSION, isTold: false });
  await Promise.all(outdated.map((record) => tx.removeChunk(record)));
  return outdated;
}

/** Whether the page has to be told of a removal. Whoever asks tells it: from then on it counts as told (RO3). */
export async function takeRemoval(table: ChunkTable): Promise<boolean> {
  const isDue = async (tx: ChunkReads) => {
    const noted = await tx.removal();
    return noted?.numerics === NUMERICS_VERSION && !noted.isTold;
  };
  // Almost every start has nothing to tell, and reading delays nobody.
  if (!(await table.read(isDue))) return false;
  return table.mark(async (tx) => {
    // Another tab may have been faster.
    if (!(await isDue(tx))) return false;
    await tx.putRemoval({ numerics: NUMERICS_VERSION, isTold: true });
    return true;
  });
}
