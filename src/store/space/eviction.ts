import { bytesOf, type ChunkRecord, type SequenceUse } from "../records/chunk-record.ts";

export interface EvictionRequest {
  chunks: readonly ChunkRecord[];
  uses: readonly SequenceUse[];
  /** How much must go. */
  excessBytes: number;
  /** The sequence that is being written. */
  protect?: { conversationId: string; fingerprint: string };
}

/**
 * Which chunks go, in this order:
 *
 * - EV1 None, while nothing must go.
 * - EV2 Chunks of the sequence (a conversation under one fingerprint) that was used least recently.
 * - EV3 Within a sequence its leading chunks: with the fewest tokens before them, they cost the least
 *   to compute again.
 * - EV4 Chunks that several conversations own go after all that have one owner, and are as recently
 *   used as the last used of their owners.
 * - EV5 Chunks of the sequence that is being written go after all others, those it shares last.
 * - EV6 No more than it takes.
 *
 * Text is not in here: it never goes.
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

/** EV4, EV5. */
function standingOf(chunk: ChunkRecord, protect: EvictionRequest["protect"]): number {
  const written =
    protect?.fingerprint === chunk.fingerprint && chunk.owners.includes(protect.conversationId);
  const shared = chunk.owners.length > 1;
  return (written ? 2 : 0) + (shared ? 1 : 0);
}

/** Of its last used owner. An owner whose use was never noted is older than all others. */
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
