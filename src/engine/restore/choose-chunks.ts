import { CHUNK_TOKENS, RECENT_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkMeta } from "../../protocol/kv-store-api.ts";
import type { StoredChunk } from "../../restore/staircase.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { ChunkChain } from "../sequence/chunk-chain.ts";
import { familyOfFound } from "../sequence/chunk-family.ts";
import { levelOf, READABLE_LINEAGES, wasCoded, type Lineage } from "../sequence/kv-identity.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import type { Origin } from "../sequence/resident-sequence.ts";
import {
  StoredSequence,
  type FoundChunk,
  type ReadableChunk,
} from "../sequence/stored-sequence.ts";
import type { RestoreRequest } from "./restore-request.ts";

/** What the chunks are looked for with: what is resident already, and the name of the model. */
type SoughtRows = Pick<CachedRows, "resident"> & Pick<StorableRows, "kvFingerprint">;

/** The full chunks behind the resident tokens, in the forms that they have if this conversation stored them. */
export function likelyChunks(
  { kvFingerprint: fingerprint, resident }: SoughtRows,
  { store, tokens, quality }: RestoreRequest,
  chain: ChunkChain,
): ReadableChunk[] {
  if (!store) return [];
  const coded = chain.namesIn(quality);
  return chain
    .namesIn("exact")
    .map((name, i): ReadableChunk => {
      const startToken = i * CHUNK_TOKENS;
      const isRecent = startToken + CHUNK_TOKENS + RECENT_TOKENS > tokens.length;
      const lineage = isRecent ? "exact" : quality;
      const prefixHash = isRecent ? name : (coded[i] ?? name);
      return { fingerprint, prefixHash, startToken, tokens: CHUNK_TOKENS, lineage };
    })
    .filter((chunk) => endOf(chunk) > resident.length);
}

/** What is stored of the sequence behind the resident tokens, one chunk for each place, in order. */
export async function chooseChunks(
  { kvFingerprint: fingerprint, resident }: SoughtRows,
  { store, conversationId, quality }: RestoreRequest,
  { chain, likely }: { chain: ChunkChain; likely: readonly ReadableChunk[] },
): Promise<FoundChunk[]> {
  const residentTokens = resident.length;
  const sought = { conversationId, fingerprint, chain, quality };
  const found = store && (await StoredSequence.find(store, sought));
  if (!found?.ok) return [];
  const held = await found.value.held();
  const useful = held.filter(
    (chunk) => endOf(chunk) > residentTokens && READABLE_LINEAGES[quality].includes(chunk.lineage),
  );
  // A chunk may be stored in several forms. The one that this conversation itself would have stored is taken first.
  const names = new Set(likely.map(({ prefixHash }) => prefixHash));
  const usual = useful.filter(({ prefixHash }) => names.has(prefixHash));
  const taken = new Set(usual.map(({ startToken }) => startToken));
  const rest = bestOf(useful.filter(({ startToken }) => !taken.has(startToken)));
  return [...usual, ...rest].toSorted((a, b) => a.startToken - b.startToken);
}

const endOf = ({ startToken, tokens }: Pick<ChunkMeta, "startToken" | "tokens">): number =>
  startToken + tokens;

/** One chunk for each place: the longest, or of equally long ones the one of the best lineage. */
function bestOf(chunks: readonly FoundChunk[]): FoundChunk[] {
  const best = new Map<number, FoundChunk>();
  for (const chunk of chunks) {
    const other = best.get(chunk.startToken);
    const longer = chunk.tokens - (other?.tokens ?? 0);
    if (!other || longer > 0 || (longer === 0 && rankOf(chunk.lineage) < rankOf(other.lineage)))
      best.set(chunk.startToken, chunk);
  }
  return [...best.values()];
}

/** The place of a lineage in the order from the best rows to the worst. */
const rankOf = (lineage: Lineage): number => READABLE_LINEAGES.compact.indexOf(lineage);

/** A chunk as the planner sees it. @param groups for each of its values, the layers that have to run for these rows */
export function storedChunk(groups: readonly IndexRange[], chunk: FoundChunk): StoredChunk {
  const { startToken: start, tokens, groupBytes } = chunk;
  const family = familyOfFound(chunk);
  const values = groups.map((layers, group) => {
    return { layers, bytes: groupBytes[group] ?? 0, family };
  });
  return { start, tokens, values };
}

/** How the rows of a chunk came to be, once they are loaded. */
export function originOf({ lineage }: Pick<ReadableChunk, "lineage">): Origin {
  return { level: levelOf(lineage), decoded: wasCoded(lineage) };
}
