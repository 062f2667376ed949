import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { NUMERICS_VERSION, type ChunkWrite } from "../../protocol/kv-store-api.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { at } from "../../shared/at.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { mainFamily } from "../sequence/chunk-family.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { codecsOf, type CodedChunks } from "../replay/coded-chunks.ts";
import type { CompressionJob, OpenChunk } from "./plan-compression.ts";

/** The model whose rows were coded. */
type CodedModel = Pick<CachedRows, "cache"> & Pick<StorableRows, "kvFingerprint">;

/** Chunks, the form that they are stored in, and how that is told by their names. */
interface Commit extends CodedChunks {
  chunks: readonly OpenChunk[];
  lineage: LossyLevel | "safe";
}

/** Stores chunks of a job in a new form, in place of others. Throws an `EngineError` if that fails. */
export async function commitCoded(
  { cache, kvFingerprint: fingerprint }: CodedModel,
  store: Pick<KvStore, "commit">,
  { chain, conversationId }: Pick<CompressionJob, "chain" | "conversationId">,
  { chunks, lineage, form, values }: Commit,
): Promise<void> {
  const family = mainFamily(codecsOf(form, cache.layers.length)).name;
  const tokenBytes = cache.layers.length * cache.rowBytes;
  const writes = chunks.map(async ({ start, tokens }, i): Promise<ChunkWrite> => {
    const names = await chain.namedAs({ start, end: start + tokens }, lineage);
    const groups = at(values, i);
    const groupBytes = groups.map(({ length }) => length);
    const place = {
      fingerprint,
      ...names,
      startToken: start,
      tokens,
      full: tokens === CHUNK_TOKENS,
    };
    const meta = { ...place, groupBytes, family, tokenBytes, numerics: NUMERICS_VERSION };
    return { meta, values: groups };
  });
  const result = await store.commit({
    conversationId,
    fingerprint,
    writes: await Promise.all(writes),
    superseded: chunks.flatMap(({ superseded }) => superseded),
  });
  if (!result.ok) throw new EngineError(result.failure);
}
