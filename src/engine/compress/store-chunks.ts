import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { StoredForm } from "../../kv/value/stored-form.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import { at } from "../../shared/at.ts";
import { encodeChunks, type ChunkValues } from "../replay/coded-chunks.ts";
import type { IdleTime } from "../sequence/idle-time.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import { commitCoded } from "./commit-coded.ts";
import type { CompressionJob, OpenChunk } from "./plan-compression.ts";

/** Chunks that are coded and stored at a time: a turn that begins waits until one of them is coded. */
const BATCH_CHUNKS = 4;

/** Whose rows are stored, and where. */
interface Stored {
  model: Pick<CachedRows, "cache"> & StorableRows;
  store: Pick<KvStore, "commit">;
}

/** Chunks that belong to one conversation. */
type ChunksOf = Pick<CompressionJob, "chain" | "conversationId">;

/** Which chunks, and what they become. */
interface StoredAs {
  chunks: readonly OpenChunk[];
  form: StoredForm;
  lineage: LossyLevel | "safe";
}

/**
 * Codes chunks in a form, unjudged, and stores them in place of others, a few at a time.
 *
 * @returns the bytes of each; undefined if a turn began, with as many stored as were by then. Throws an `EngineError`
 *   if storing fails
 */
export async function storeChunks(
  { model, store }: Stored,
  job: ChunksOf,
  { chunks, form, lineage }: StoredAs,
  { signal, useCache }: IdleTime,
): Promise<number[] | undefined> {
  const bytes: number[] = [];
  for (let first = 0; first < chunks.length; first += BATCH_CHUNKS) {
    const batch = chunks.slice(first, first + BATCH_CHUNKS);
    const coded = await useCache(encodeChunks(model, batch, form, signal));
    if (!coded) return undefined;
    bytes.push(...coded.values.map(bytesOf));
    await commitCoded(model, store, job, { ...coded, chunks: batch, lineage });
  }
  return bytes;
}

const bytesOf = (values: ChunkValues): number =>
  values.reduce((sum, { length }) => sum + length, 0);

/**
 * Stores those chunks of a job in a safe form that are in no lossy form yet.
 *
 * @returns all chunks as they are stored then; undefined if a turn began. Throws an `EngineError` if storing fails
 */
export async function storeSafely(
  parts: Stored,
  job: CompressionJob,
  form: StoredForm,
  time: IdleTime,
): Promise<OpenChunk[] | undefined> {
  const plain = job.chunks.filter(({ codedBytes }) => codedBytes === undefined);
  const stored = { chunks: plain, form, lineage: "safe" } as const;
  const bytes = await storeChunks(parts, job, stored, time);
  if (!bytes) return undefined;
  const names = job.chain.namesIn("safe");
  const safe = plain.map((chunk, i): OpenChunk => {
    return {
      ...chunk,
      superseded: [at(names, chunk.start / CHUNK_TOKENS)],
      codedBytes: at(bytes, i),
    };
  });
  return [...job.chunks.filter(({ codedBytes }) => codedBytes !== undefined), ...safe].toSorted(
    (one, other) => one.start - other.start,
  );
}
