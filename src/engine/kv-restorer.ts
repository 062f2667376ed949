import { CHUNK_TOKENS } from "../kv/chunk-layout.ts";
import { decodeChunkValue } from "../kv/chunk-value.ts";
import { epochNowMs } from "../metrics/turn-timer.ts";
import { prefill } from "../model/prefill.ts";
import type { RestoreSummary } from "../protocol/engine-api.ts";
import type { ChunkMeta, FoundChunks, ReadReply } from "../protocol/kv-store-api.ts";
import type { EngineMeasure, MeasureDetails } from "../protocol/measures.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { ChunkChain } from "./chunk-chain.ts";
import { commonPrefix } from "./common-prefix.ts";
import type { KvStore } from "./kv-connection.ts";
import { valueShapes } from "./kv-snapshot.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import { holesOf } from "./token-ranges.ts";

interface RestoreRequest {
  conversationId: string;
  tokens: readonly number[];
  store: KvStore | undefined;
  /** Nothing of this conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: what is loaded is kept, what is not yet computed is left to it. */
  handedOver: AbortSignal;
  onMeasure: (measure: EngineMeasure) => void;
}

type Detail = MeasureDetails["kv.restore"];

/**
 * Put the K and V of a sequence into the cache: keep what is there, load what is stored, prefill the
 * rest. Believes nothing it reads: a value that is missing, damaged or not what it should be makes its
 * chunk one more hole to prefill.
 */
export async function restore(
  model: LoadedModel,
  request: RestoreRequest,
): Promise<RestoreSummary> {
  const startEpochMs = epochNowMs();
  const { tokens, conversationId, onMeasure } = request;
  const { resident } = model;
  resident.cut(commonPrefix(resident.tokens, tokens));
  const detail: Detail = {
    conversationId,
    tokens: tokens.length,
    reusedTokens: resident.length,
    loadedTokens: 0,
    recomputedTokens: 0,
    bytesRead: 0,
    refusedChunks: 0,
    loadMs: 0,
    codec: "f16",
  };
  if (resident.length < tokens.length) {
    const loaded = await loadStored(model, request, detail);
    detail.loadMs = epochNowMs() - startEpochMs;
    await fillHoles(model, request, { loaded, detail });
  }
  onMeasure({ name: "kv.restore", startEpochMs, endEpochMs: epochNowMs(), detail });
  const { reusedTokens, loadedTokens, recomputedTokens } = detail;
  return { residentTokens: resident.length, reusedTokens, loadedTokens, recomputedTokens };
}

/** What is needed to read a chunk. */
type ReadableChunk = Pick<ChunkMeta, "fingerprint" | "prefixHash" | "startToken" | "tokens">;

/** A chunk of the sequence, as far as it has been read. */
interface Load {
  chunk: ReadableChunk;
  bytes: number;
  /** Values that have not come, or were not what they should be. */
  missingValues: number;
}

/** @returns the token ranges whose rows are in the cache now, in order, apart from resident ones */
async function loadStored(
  model: LoadedModel,
  request: RestoreRequest,
  detail: Detail,
): Promise<IndexRange[]> {
  const { store, conversationId, tokens } = request;
  if (!store) return [];
  const { kvFingerprint: fingerprint, resident } = model;
  const chain = await ChunkChain.of(tokens, CHUNK_TOKENS);
  // Full chunks are named by our own tokens: they need not wait to be found.
  const likely = fullChunks(chain, fingerprint, resident.length);
  const early = loadChunks(model, request, likely);
  const found = await store.find({
    conversationId,
    fingerprint,
    prefixHashes: chain.fullHashes,
  });
  const wanted = found.ok ? await usefulChunks(chain, found.value, resident.length) : [];
  const rest = wanted.filter((chunk) => !likely.some(isSameChunk(chunk)));
  const loads = (await Promise.all([early, loadChunks(model, request, rest)])).flat();
  for (const { chunk, bytes, missingValues } of loads) {
    detail.bytesRead += bytes;
    if (missingValues > 0 && wanted.some(isSameChunk(chunk))) detail.refusedChunks++;
  }
  return loads
    .filter(({ missingValues }) => missingValues === 0)
    .map(({ chunk: { startToken: start, tokens: count } }) => ({ start, end: start + count }))
    .toSorted((a, b) => a.start - b.start);
}

const isSameChunk = (one: ReadableChunk) => (other: ReadableChunk) =>
  one.prefixHash === other.prefixHash;

/** Those that hold rows behind the resident ones, first to last. */
function fullChunks(
  { fullHashes }: ChunkChain,
  fingerprint: string,
  residentTokens: number,
): ReadableChunk[] {
  return fullHashes
    .map((prefixHash, i) => ({
      fingerprint,
      prefixHash,
      startToken: i * CHUNK_TOKENS,
      tokens: CHUNK_TOKENS,
    }))
    .filter(({ startToken, tokens }) => startToken + tokens > residentTokens);
}

/**
 * About in order, until the restoration is abandoned. Rows are uploaded as they come, those behind the
 * resident ones only: until all of a chunk's have come none of them counts.
 */
async function loadChunks(
  { transformer: { cache }, resident }: LoadedModel,
  { store, abandoned }: RestoreRequest,
  chunks: readonly ReadableChunk[],
): Promise<Load[]> {
  const reads = chunks.flatMap((chunk) => {
    const shapes = valueShapes(cache.shape, chunk.tokens);
    const load: Load = { chunk, bytes: 0, missingValues: shapes.length };
    return shapes.map((shape, group) => ({ load, shape, group }));
  });
  const requests = reads.map(({ load: { chunk }, group }) => {
    const { fingerprint, prefixHash } = chunk;
    return { fingerprint, prefixHash, group };
  });
  const take = ({ index, value }: ReadReply) => {
    const read = reads[index];
    const rows = read && value && decodeChunkValue(read.shape, value);
    if (!rows || abandoned.aborted) return;
    const { startToken } = read.load.chunk;
    const start = Math.max(startToken, resident.length);
    rows.forEach((layerRows, i) => {
      const missing = layerRows.subarray((start - startToken) * cache.rowBytes);
      cache.writeRows(read.shape.layers.start + i, start, missing);
    });
    read.load.bytes += value.length;
    read.load.missingValues--;
  };
  await store?.readAll(requests, take, abandoned);
  return [...new Set(reads.map(({ load }) => load))];
}

/**
 * Of the chunks found, those that hold rows of this sequence which are not in the cache: at most one
 * for each place, a full one or else the longest partial one. First to last.
 */
async function usefulChunks(
  chain: ChunkChain,
  { full, partial }: FoundChunks,
  residentTokens: number,
): Promise<ChunkMeta[]> {
  const best = new Map<number, ChunkMeta>();
  for (const chunk of [...full, ...partial]) {
    const { startToken, tokens } = chunk;
    const longer = tokens > (best.get(startToken)?.tokens ?? 0);
    if (startToken + tokens > residentTokens && longer && (await chain.holds(chunk)))
      best.set(startToken, chunk);
  }
  return [...best.values()].toSorted((a, b) => a.startToken - b.startToken);
}

/** Prefill what is neither resident nor loaded, front to back, and count rows in as they join on. */
async function fillHoles(
  model: LoadedModel,
  request: RestoreRequest,
  { loaded, detail }: { loaded: readonly IndexRange[]; detail: Detail },
): Promise<void> {
  const { tokens, abandoned, handedOver } = request;
  const { resident, gpu, transformer } = model;
  const signal = AbortSignal.any([abandoned, handedOver]);
  const join = (end: number) => {
    resident.append(tokens.slice(resident.length, end));
  };
  if (abandoned.aborted) return;
  const holes = holesOf(loaded, { start: resident.length, end: tokens.length });
  // What is resident up to the first hole is stored, if what was resident before is.
  const stored = holes[0]?.start ?? tokens.length;
  if (resident.savedTokens === resident.length) resident.markSaved(stored);
  for (const hole of holes) {
    const before = resident.length;
    join(hole.start);
    detail.loadedTokens += resident.length - before;
    const missing = Uint32Array.from(tokens.slice(hole.start, hole.end));
    const options = { start: hole.start, output: "none", signal } as const;
    const done = await prefill(gpu.device, transformer, missing, options);
    join(hole.start + done);
    detail.recomputedTokens += done;
    if (done < missing.length) return;
  }
  detail.loadedTokens += tokens.length - resident.length;
  join(tokens.length);
}
