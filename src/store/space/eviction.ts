import { bytesOf, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";

export interface EvictionRequest {
  chunks: readonly ChunkRecord[];
  uses: readonly SequenceUse[];
  /** How many bytes must be freed. */
  excessBytes: number;
  /** The sequence that is being written, if any. */
  protect?: { conversationId: string; fingerprint: string };
}

/**
 * The chunks to remove, by these rules:
 *
 * - EV1 If nothing must be freed, no chunk goes.
 * - EV2 Chunks of the sequence (a conversation under one fingerprint) that was used least recently go first.
 * - EV3 Within a sequence, leading chunks go first: they have the fewest tokens before them, and so cost the least to
 *   compute again.
 * - EV4 Chunks that several conversations own go after all chunks that have one owner. They count as used when the last
 *   used of their owners was.
 * - EV5 Chunks of the sequence that is being written go after all others, and those of them that it shares go last.
 * - EV6 No more chunks go than are needed to free the bytes.
 *
 * Only KV is evicted. Text never is.
 */
export function chunksToEvict(request: EvictionRequest): ChunkRecord[] {
  const evicted: ChunkRecord[] = [];
  let leftBytes = request.excessBytes;
  for (const chunk of inOrder(request)) {
    if (leftBytes <= 0) break;
    evicted.push(chunk);
    leftBytes -= bytesOf(chunk);
  }
  return evicted;
}

function inOrder({ chunks, uses, protect }: EvictionRequest): ChunkRecord[] {
  const usedMs = new Map(uses.map((use) => [sequenceOf(use), use.lastUsedMs]));
  const ranked = chunks.map((chunk) => ({
    chunk,
    standing: standingOf(chunk, protect),
    ...lastUse(chunk, usedMs),
  }));
  ranked.sort(
    (a, b) =>
      a.standing - b.standing ||
      a.lastUsedMs - b.lastUsedMs ||
      compare(a.sequence, b.sequence) ||
      a.chunk.startToken - b.chunk.startToken ||
      compare(a.chunk.prefixHash, b.chunk.prefixHash),
  );
  return ranked.map(({ chunk }) => chunk);
}

/** Chunks with a lower number go first: rules EV4 and EV5. */
function standingOf(chunk: ChunkRecord, protect: EvictionRequest["protect"]): number {
  const written =
    protect?.fingerprint === chunk.fingerprint && chunk.owners.includes(protect.conversationId);
  const shared = chunk.owners.length > 1;
  return (written ? 2 : 0) + (shared ? 1 : 0);
}

/** The last use among the chunk's owners. An owner without a noted use counts as older than all others. */
function lastUse({ owners, fingerprint }: ChunkRecord, usedMs: ReadonlyMap<string, number>) {
  const sequences = owners.map((conversationId) => sequenceOf({ conversationId, fingerprint }));
  const uses = sequences.map((sequence) => ({ sequence, lastUsedMs: usedMs.get(sequence) ?? 0 }));
  uses.sort((a, b) => b.lastUsedMs - a.lastUsedMs || compare(a.sequence, b.sequence));
  return uses[0] ?? { sequence: "", lastUsedMs: 0 };
}

const sequenceOf = ({
  conversationId,
  fingerprint,
}: Pick<SequenceUse, "conversationId" | "fingerprint">): string =>
  `${fingerprint}/${conversationId}`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
