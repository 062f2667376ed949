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

/** Commits; where the browser refuses the space, makes room and tries once more. */
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

/** What no record in the table is, any more or after all. */
const unused = (staged: readonly StagedChunk[], { put, remove, evict }: CommitPlan) => [
  ...remove,
  ...evict,
  ...staged.filter((chunk) => !put.includes(chunk)).map(({ record }) => record),
];

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

/** A browser counts more than the bytes it is given, and frees space when it likes. */
const ROOM = 2;

async function freeFor(
  request: CommitRequest,
  { table, bytes, limits }: ChunkStoreParts,
): Promise<number> {
  const bounds = await limits();
  const excessBytes = ROOM * totalBytes(request.writes.map(({ meta }) => meta));
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
