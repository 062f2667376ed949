import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { Result } from "../../protocol/errors.ts";
import {
  nameInAnyVariant,
  NUMERICS_VERSION,
  type ChunkMeta,
  type ChunkWrite,
} from "../../protocol/kv-store-api.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { EngineError } from "../../shared/engine-error.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import type { OwnLineage } from "../sequence/kv-identity.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type { StoredConversation } from "../sequence/stored-conversation.ts";
import { snapshotRows } from "./kv-snapshot.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import type { ResidentSequence } from "../sequence/resident-sequence.ts";
import { StoredSequence } from "../sequence/stored-sequence.ts";
import { chunksOf } from "../sequence/token-ranges.ts";

/** Most bytes of a commit, unless a single chunk has more. */
const COMMIT_BYTES = 16 * 2 ** 20;

/** What saving needs of a model. */
type SavedModel = CachedRows & Pick<StorableRows, "kvFingerprint" | "kvVariant">;

interface SaverParts {
  model: SavedModel;
  store: KvStore;
  onMeasure: (measure: EngineMeasure) => void;
}

/** A chunk of a sequence, perhaps partial. */
interface RowChunk extends IndexRange {
  lineage: OwnLineage;
}

/** Part of a sequence that is to be stored. */
interface Job extends StoredConversation {
  /** All tokens up to the end of what is to be stored. */
  tokens: readonly number[];
  /** The chunks in order; the last may be partial. */
  chunks: readonly RowChunk[];
}

interface Written {
  chunks: number;
  tokens: number;
  bytesWritten: number;
  bytesEvicted: number;
}

/**
 * Copies new rows off the GPU and has them stored behind the turn that made them: one job at a time, and no turn
 * waits for it. A full chunk is stored as soon as it is full, the partial one when the turn ends. Rows are stored as
 * they are, under their lineage. Rows that were moved are not stored, as no tokens name them.
 */
export class KvSaver {
  readonly #parts: SaverParts;
  #queue: Promise<void> = Promise.resolve();
  /** Position of the first row that could not be stored: rows from there on are stored with the next ones. */
  #failedFrom = Infinity;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** Rows were added: store the chunks that have become full. */
  advance(conversation: StoredConversation): void {
    const { resident } = this.#parts.model;
    const end = Math.floor(resident.unmovedTokens / CHUNK_TOKENS) * CHUNK_TOKENS;
    if (end > resident.savedTokens) this.#enqueue(conversation, end);
  }

  /** A turn has ended: store the partial chunk too. */
  finish(conversation: StoredConversation): void {
    const { resident } = this.#parts.model;
    const end = resident.unmovedTokens;
    if (end > Math.min(resident.savedTokens, this.#failedFrom)) this.#enqueue(conversation, end);
  }

  /** Resolves when everything so far is stored, or could not be. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  #enqueue({ conversationId, quality }: StoredConversation, end: number): void {
    const { resident } = this.#parts.model;
    const saved = Math.min(resident.savedTokens, this.#failedFrom);
    this.#failedFrom = Infinity;
    const start = Math.floor(saved / CHUNK_TOKENS) * CHUNK_TOKENS;
    const tokens = resident.tokens.slice(0, end);
    resident.markSaved(end);
    const chunks = chunksOf({ start, end }).map((range) => ({
      ...range,
      lineage: lineageIn(resident, range),
    }));
    const job = { conversationId, quality, tokens, chunks };
    this.#queue = this.#queue.then(() => this.#run(job));
  }

  async #run(job: Job): Promise<void> {
    const startEpochMs = epochNowMs();
    const written: Written = { chunks: 0, tokens: 0, bytesWritten: 0, bytesEvicted: 0 };
    const failure = await this.#save(job, written).then(() => undefined, describe);
    if (failure !== undefined)
      this.#failedFrom = Math.min(this.#failedFrom, job.chunks[0]?.start ?? Infinity);
    if (failure === undefined && written.chunks === 0) return;
    const { conversationId } = job;
    const detail = { conversationId, ...written, codec: "f16", ...(failure && { failure }) };
    this.#parts.onMeasure({
      name: "kv.persist",
      startEpochMs,
      endEpochMs: epochNowMs(),
      detail,
    });
  }

  async #save(job: Job, written: Written): Promise<void> {
    const { store, model } = this.#parts;
    const { conversationId, quality, tokens } = job;
    const { kvFingerprint: fingerprint, kvVariant: variant } = model;
    const chain = await ChunkChain.of(tokens, { chunkTokens: CHUNK_TOKENS, variant });
    const sought = { conversationId, fingerprint, chain, quality };
    const found = unwrap(await StoredSequence.find(store, sought));
    const superseded = await found.continued();
    const pending: ChunkWrite[] = [];
    for (const chunk of missing(job.chunks, found)) {
      // Rows that were cut away meanwhile belong to no conversation any more.
      if (!model.resident.startsWith(tokens.slice(0, chunk.end))) break;
      const values = await snapshotRows(model.hardware.device, model.cache, chunk);
      pending.push({ meta: await this.#describeChunk(chain, chunk, values), values });
      if (sizeOf(pending) >= COMMIT_BYTES) await this.#commit(job, pending.splice(0), [], written);
    }
    if (pending.length > 0) await this.#commit(job, pending, superseded, written);
  }

  async #describeChunk(
    chain: ChunkChain,
    chunk: RowChunk,
    values: readonly Uint8Array[],
  ): Promise<ChunkMeta> {
    const { cache, kvFingerprint } = this.#parts.model;
    return {
      fingerprint: kvFingerprint,
      ...(await chain.namedAs(chunk, chunk.lineage)),
      startToken: chunk.start,
      tokens: chunk.end - chunk.start,
      full: chunk.end - chunk.start === CHUNK_TOKENS,
      groupBytes: values.map(({ length }) => length),
      tokenBytes: cache.layers.length * cache.rowBytes,
      numerics: NUMERICS_VERSION,
    };
  }

  async #commit(
    { conversationId }: Job,
    writes: ChunkWrite[],
    superseded: string[],
    written: Written,
  ): Promise<void> {
    const { kvFingerprint: fingerprint } = this.#parts.model;
    const tokens = writes.reduce((sum, { meta }) => sum + meta.tokens, 0);
    const gone = [...superseded, ...otherVariantsOf(writes)];
    const request = { conversationId, fingerprint, writes, superseded: gone };
    const { writtenBytes, evictedBytes } = unwrap(await this.#parts.store.commit(request));
    written.chunks += writes.length;
    written.tokens += tokens;
    written.bytesWritten += writtenBytes;
    written.bytesEvicted += evictedBytes;
  }
}

/** The lineage of rows: it follows from the worst rows they depend on, and from whether they were coded before. */
function lineageIn(resident: ResidentSequence, range: IndexRange): OwnLineage {
  const level = resident.levelOf(range.end);
  if (level === "exact") return level;
  return resident.hasDecoded(range) ? `${level}-kept` : `${level}-recent`;
}

/**
 * The chunks that are not stored in a form that the conversation can be restored from. A partial chunk is
 * written even if it is stored already, because it is small.
 */
function missing(chunks: readonly RowChunk[], found: StoredSequence): RowChunk[] {
  const stored = new Set(found.full.map(({ startToken }) => startToken));
  return chunks.filter(({ start }) => !stored.has(start));
}

/** What other variants may have computed of the same tokens: it is of no use to this device any more (KI6). */
const otherVariantsOf = (writes: readonly ChunkWrite[]): string[] =>
  writes.map(({ meta }) => nameInAnyVariant(meta.prefixHash));

const sizeOf = (writes: readonly ChunkWrite[]): number =>
  writes.flatMap(({ values }) => values).reduce((sum, { length }) => sum + length, 0);

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new EngineError(result.failure);
  return result.value;
}

/** The reason of a failure for the measure. Nothing that fails here may end a turn. */
function describe(error: unknown): string {
  return error instanceof EngineError ? error.failure.code : String(error);
}
