import type { CommitRequest } from "../../protocol/kv-store-api.ts";
import { totalBytes, withOwner, withoutOwner, type ChunkRecord } from "../records/chunk-record.ts";
import { chunksToEvict } from "../space/eviction.ts";
import { recordsByName } from "./find-chunks.ts";
import type { StagedChunk } from "./stage-chunks.ts";
import type { Inventory } from "./inventory.ts";

/** The changes that a commit makes to the table of chunks. */
export interface CommitPlan {
  /** New chunks, with their values. */
  put: StagedChunk[];
  /** Stored chunks that get other owners. */
  update: ChunkRecord[];
  /** Stored chunks that are superseded, and that no other conversation owns. */
  remove: ChunkRecord[];
  /** Stored chunks that are removed to keep within the limit. */
  evict: ChunkRecord[];
}

type Superseding = Pick<CommitRequest, "conversationId" | "fingerprint" | "superseded">;

/**
 * Decides what a commit changes. It reads and writes nothing itself: `commit-chunks` gives it the inventory, and
 * carries out the plan in the same transaction. If the limit is too low for everything that is committed, some of
 * it is not put.
 */
export function planCommit(
  request: Superseding,
  staged: readonly StagedChunk[],
  { chunks, uses, limitBytes }: Inventory,
): CommitPlan {
  const { fresh, update, remove } = withoutLimit(request, staged, chunks);
  const changed = new Map(update.map((record) => [record.prefixHash, record]));
  const now = (record: ChunkRecord) =>
    record.fingerprint === request.fingerprint
      ? (changed.get(record.prefixHash) ?? record)
      : record;
  const after = [
    ...chunks.filter((record) => !remove.includes(record)).map(now),
    ...fresh.map(({ record }) => record),
  ];
  const excessBytes = totalBytes(after) - limitBytes;
  const evicted = new Set(chunksToEvict({ chunks: after, uses, excessBytes, protect: request }));
  const isFresh = new Set(fresh.map(({ record }) => record));
  return {
    put: fresh.filter(({ record }) => !evicted.has(record)),
    update: update.filter((record) => !evicted.has(record)),
    remove,
    evict: [...evicted].filter((record) => !isFresh.has(record)),
  };
}

/** What the commit would change if there were no limit. */
function withoutLimit(
  { conversationId, fingerprint, superseded }: Superseding,
  staged: readonly StagedChunk[],
  chunks: readonly ChunkRecord[],
) {
  const ofModel = chunks.filter((record) => record.fingerprint === fingerprint);
  const stored = new Map(ofModel.map((record) => [record.prefixHash, record]));
  const written = new Set(staged.map(({ record }) => record.prefixHash));
  const update: ChunkRecord[] = [];
  const remove: ChunkRecord[] = [];
  for (const hash of written) {
    const record = stored.get(hash);
    if (record && !record.owners.includes(conversationId))
      update.push(withOwner(conversationId, record));
  }
  const named = recordsByName(ofModel);
  for (const record of new Set(superseded.flatMap((hash) => named(hash)))) {
    if (!record.owners.includes(conversationId) || written.has(record.prefixHash)) continue;
    const left = withoutOwner(conversationId, record);
    if (left) update.push(left);
    else remove.push(record);
  }
  return { fresh: staged.filter(({ record }) => !stored.has(record.prefixHash)), update, remove };
}
