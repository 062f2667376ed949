import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { at } from "../../shared/at.ts";
import { mostBackedUp } from "../replay/backed-up-chunks.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { StoredSequence } from "../sequence/stored-sequence.ts";

/** Chunks that are to be stored in another form. */
export interface CompressionJob {
  conversationId: string;
  level: LossyLevel;
  chain: ChunkChain;
  /** The chunks, of which there is at least one. */
  runs: readonly ChunkRun[];
  /** Names of other forms of these chunks, which go when the new one is stored. */
  superseded: readonly string[];
}

interface CompressedConversation {
  conversationId: string;
  level: LossyLevel;
}

/** Where rows lie, and under which name they are stored. */
type PlannedRows = Pick<CachedRows, "cache" | "resident"> &
  Pick<StorableRows, "kvFingerprint" | "kvVariant">;

/**
 * The chunks of the resident conversation that may be stored in fewer bytes and are not yet.
 *
 * @param refused names of chunks that no form held for
 * @returns undefined if there are none, or if the store does not say what it has
 */
export async function planCompression(
  model: PlannedRows,
  store: Pick<KvStore, "find">,
  { conversationId, level }: CompressedConversation,
  refused: ReadonlySet<string>,
): Promise<CompressionJob | undefined> {
  const { resident, kvFingerprint: fingerprint, kvVariant: variant } = model;
  const codable = codableChunks(resident);
  if (codable.length === 0) return undefined;
  const terms = { chunkTokens: CHUNK_TOKENS, variant };
  const chain = await ChunkChain.of(resident.tokens.slice(), terms);
  const sought = { conversationId, fingerprint, chain, quality: level };
  const found = await StoredSequence.find(store, sought);
  if (!found.ok) return undefined;
  const { full } = found.value;
  const stored = new Set(full.map(({ prefixHash }) => prefixHash));
  const names = chain.namesIn(level);
  const isOpen = (name: string) => !stored.has(name) && !refused.has(name);
  const runs = codable
    .filter(({ start }) => isOpen(at(names, start / CHUNK_TOKENS)))
    .slice(0, mostBackedUp(model));
  const starts = new Set(runs.map(({ start }) => start));
  const superseded = full
    .filter((chunk) => starts.has(chunk.startToken) && chain.lineageOf(chunk) !== level)
    .map(({ prefixHash }) => prefixHash);
  return runs.length > 0 ? { conversationId, level, chain, runs, superseded } : undefined;
}

/** Names of the job's chunks in the form that they are to be stored in. */
export function namesOf({ chain, level, runs }: CompressionJob): string[] {
  const names = chain.namesIn(level);
  return runs.map(({ start }) => at(names, start / CHUNK_TOKENS));
}
