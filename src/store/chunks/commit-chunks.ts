import type { CommitRequest, CommitSummary } from "../../protocol/kv-store-api.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { totalBytes, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";
import type { ChunkStoreParts } from "./chunk-store.ts";
import type { ChunkWrites } from "./chunk-table.ts";
import { planCommit, type CommitPlan } from "./plan-commit.ts";
import { filesOfChunks, type Stage, type StagedChunk } from "./stage-chunks.ts";
import { readInventory } from "./inventory.ts";
import { evict } from "./remove-chunks.ts";

type Commit = (request: CommitRequest) => Promise<CommitSummary>;

/**
 * A function that commits chunks: it stages their bytes (`stage`), then decides in one transaction what is written
 * and what is removed (`planCommit`), and does that. If the browser refuses the space, it evicts chunks and tries
 * once more.
 */
export function commitWith(parts: ChunkStoreParts, stage: Stage): Commit {
  const attempt = attemptWith(parts, stage);
  return async (request) => {
    try {
      return await attempt(request);
    } catch (error) {
      if (!isQuotaExceeded(error)) throw error;
      const freedBytes = await freeFor(request, parts);
      if (freedBytes === 0) throw error;
      const { writtenBytes, evictedBytes } = await attempt(request);
      return { writtenBytes, evictedBytes: evictedBytes + freedBytes };
    }
  };
}

/** A function that tries to commit, once. What it staged and did not store is discarded in any case. */
function attemptWith(
  { table, bytes, limits, now = Date.now }: ChunkStoreParts,
  stage: Stage,
): Commit {
  const discard = (records: readonly ChunkRecord[]) => bytes.discard(filesOfChunks(records));

  return async (request) => {
    const bounds = await limits();
    const staged = await stage(request);
    try {
      const plan = await table.write(async (tx) => {
        const made = planCommit(request, staged, await readInventory(tx, bounds));
        await apply(tx, made, { ...request, lastUsedMs: now() });
        return made;
      });
      await discard(unused(staged, plan));
      return summaryOf(plan);
    } catch (error) {
      await discard(staged.map(({ record }) => record));
      throw error;
    }
  };
}

/** Records that are not in the table: those that were removed, and staged ones that were not put. */
const unused = (staged: readonly StagedChunk[], { put, remove, evict }: CommitPlan) => [
  ...remove,
  ...evict,
  ...staged.filter((chunk) => !put.includes(chunk)).map(({ record }) => record),
];

/** Does what the plan says, and notes the use of the sequence. */
function apply(
  tx: ChunkWrites,
  { put, update, remove, evict }: CommitPlan,
  use: SequenceUse,
): Promise<unknown> {
  const { conversationId, fingerprint, lastUsedMs } = use;
  return Promise.all([
    ...[...remove, ...evict].map((record) => tx.removeChunk(record)),
    ...update.map((record) => tx.putRecord(record)),
    ...put.map(({ record, values }) => tx.putChunk(record, values)),
    tx.putUse({ conversationId, fingerprint, lastUsedMs }),
  ]);
}

/**
 * How many bytes to free for each byte that is to be written: a browser counts more than the bytes of the values, and
 * takes its time to free space.
 */
const FREED_PER_WRITTEN = 2;

/** Evicts chunks to make space for what a commit writes; gives the number of bytes that they had. */
async function freeFor(
  request: CommitRequest,
  { table, bytes, limits }: ChunkStoreParts,
): Promise<number> {
  const bounds = await limits();
  const excessBytes = FREED_PER_WRITTEN * totalBytes(request.writes.map(({ meta }) => meta));
  const evicted = await table.write(async (tx) => {
    const inventory = await readInventory(tx, bounds);
    return evict(tx, { ...inventory, excessBytes, protect: request });
  });
  await bytes.discard(filesOfChunks(evicted));
  return totalBytes(evicted);
}

const isQuotaExceeded = (error: unknown) =>
  error instanceof EngineError && error.failure.code === "quota-exceeded";

const summaryOf = ({ put, evict }: CommitPlan): CommitSummary => ({
  writtenBytes: totalBytes(put.map(({ record }) => record)),
  evictedBytes: totalBytes(evict),
});
