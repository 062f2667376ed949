import type { CommitRequest } from "../../protocol/kv-store-api.ts";
import { totalBytes, withOwner, withoutOwner, type ChunkRecord } from "../records/chunk-record.ts";
import { chunksToEvict } from "../space/eviction.ts";
import type { StagedChunk } from "./stage-chunks.ts";
import type { Inventory } from "./inventory.ts";

export interface CommitPlan {
  put: StagedChunk[];
  /** Chunks that stay, with other owners. */
  update: ChunkRecord[];
  /** Superseded. */
  remove: ChunkRecord[];
  /** Removed to make room. */
  evict: ChunkRecord[];
}

type Superseding = Pick<CommitRequest, "conversationId" | "fingerprint" | "superseded">;

/** What a commit changes. Where the limit is below what is committed, not all of it is put. */
export function planCommit(
  request: Superseding,
  staged: readonly StagedChunk[],
  { chunks, uses, limitBytes }: Inventory,
): CommitPlan {
  const { fresh, update, remove } = withoutRoom(request, staged, chunks);
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

/** The same, if there were room for everything. */
function withoutRoom(
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
  for (const hash of new Set(superseded)) {
    const record = stored.get(hash);
    if (!record?.owners.includes(conversationId) || written.has(hash)) continue;
    const left = withoutOwner(conversationId, record);
    if (left) update.push(left);
    else remove.push(record);
  }
  return { fresh: staged.filter(({ record }) => !stored.has(record.prefixHash)), update, remove };
}
