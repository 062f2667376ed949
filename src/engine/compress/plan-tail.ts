import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableTokens } from "../sequence/codable-chunks.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { StoredSequence } from "../sequence/stored-sequence.ts";
import { chunksOf } from "../sequence/token-ranges.ts";
import type { CompressedConversation, CompressionJob, OpenChunk } from "./plan-compression.ts";

/** Where rows lie, and under which name they are stored. */
type PlannedRows = Pick<CachedRows, "resident"> & Pick<StorableRows, "kvFingerprint" | "kvVariant">;

/**
 * The chunks at the end of the resident conversation, which are too recent for a level's form or not full, as far as
 * they are stored as they are. In a conversation that has no chunk before them they stay so: it is small, and comes back
 * bit for bit.
 *
 * @returns undefined if there are none, or if the store does not say what it has
 */
export async function planTail(
  { resident, kvFingerprint: fingerprint, kvVariant: variant }: PlannedRows,
  store: Pick<KvStore, "find">,
  { conversationId, level }: CompressedConversation,
): Promise<CompressionJob | undefined> {
  const start = codableTokens(resident);
  const end = resident.unmovedTokens;
  if (start === 0 || end <= start) return undefined;
  const terms = { chunkTokens: CHUNK_TOKENS, variant };
  const chain = await ChunkChain.of(resident.tokens.slice(0, end), terms);
  const sought = { conversationId, fingerprint, chain, quality: level };
  const found = await StoredSequence.find(store, sought);
  if (!found.ok) return undefined;
  const held = await found.value.held();
  const chunks = chunksOf({ start, end })
    .filter((range) => !resident.hasDecoded(range))
    .flatMap((range): OpenChunk[] => {
      const forms = held.filter((chunk) => isOf(chunk, range));
      if (forms.length === 0 || forms.some(({ lineage }) => lineage === "safe")) return [];
      const superseded = forms.map(({ prefixHash }) => prefixHash);
      const tokens = range.end - range.start;
      return [{ start: range.start, tokens, sinkTokens: 0, superseded, codedBytes: undefined }];
    });
  return chunks.length > 0 ? { conversationId, level, chain, chunks } : undefined;
}

const isOf = (
  { startToken, tokens }: { startToken: number; tokens: number },
  { start, end }: IndexRange,
): boolean => startToken === start && startToken + tokens === end;
