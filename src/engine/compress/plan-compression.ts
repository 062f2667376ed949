import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { at } from "../../shared/at.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import { isCoded } from "../sequence/kv-identity.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { StoredSequence } from "../sequence/stored-sequence.ts";

/** A chunk that may be stored in a form of its level. */
export interface OpenChunk extends ChunkRun {
  /** Names of other forms that it is stored in, which go when a new one is stored. */
  superseded: readonly string[];
  /** Its bytes in a lossy form that is one of these. Undefined if none is. */
  codedBytes: number | undefined;
}

/** Chunks that are to be stored in another form. */
export interface CompressionJob {
  conversationId: string;
  level: LossyLevel;
  chain: ChunkChain;
  /** The chunks, first to last, of which there is at least one. */
  chunks: readonly OpenChunk[];
}

/** The resident conversation. */
export interface CompressedConversation {
  conversationId: string;
  level: LossyLevel;
}

/** Where rows lie, and under which name they are stored. */
type PlannedRows = Pick<CachedRows, "cache" | "resident"> &
  Pick<StorableRows, "kvFingerprint" | "kvVariant">;

/**
 * The chunks of the resident conversation that may be stored in a form of its level and are not yet. They may be in a
 * safe one.
 *
 * @returns undefined if there are none, or if the store does not say what it has
 */
export async function planCompression(
  model: PlannedRows,
  store: Pick<KvStore, "find">,
  { conversationId, level }: CompressedConversation,
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
  const chunks = codable
    .filter(({ start }) => !stored.has(at(names, start / CHUNK_TOKENS)))
    .map((run): OpenChunk => {
      const forms = full.filter(({ startToken }) => startToken === run.start);
      const coded = forms.find((form) => isCoded(chain.lineageOf(form) ?? "exact"));
      const codedBytes = coded?.groupBytes.reduce((sum, bytes) => sum + bytes, 0);
      return { ...run, superseded: forms.map(({ prefixHash }) => prefixHash), codedBytes };
    });
  return chunks.length > 0 ? { conversationId, level, chain, chunks } : undefined;
}
