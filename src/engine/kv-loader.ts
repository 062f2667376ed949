import { CHUNK_TOKENS, RECENT_TOKENS } from "../kv/chunk-layout.ts";
import { decodeChunkValue, type KvCodecName } from "../kv/chunk-value.ts";
import { valueShapes } from "../kv/value-coder.ts";
import type { QualityLevel } from "../protocol/engine-api.ts";
import type { ChunkMeta, FoundChunks, ReadReply } from "../protocol/kv-store-api.ts";
import type { EngineMeasure, MeasureDetails } from "../protocol/measures.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { ChunkChain } from "./chunk-chain.ts";
import type { KvStore } from "./kv-connection.ts";
import { levelOf, READABLE_LINEAGES, type Lineage } from "./kv-identity.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";

export interface RestoreRequest {
  conversationId: string;
  quality: QualityLevel;
  tokens: readonly number[];
  store: KvStore | undefined;
  /** Nothing of this conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn takes over: what is loaded is kept, what is not yet computed is left to it. */
  handedOver: AbortSignal;
  onMeasure: (measure: EngineMeasure) => void;
}

/** Tokens whose rows are in the cache now. */
export interface LoadedRange extends IndexRange {
  lineage: Lineage;
  /** They come from a lossy form. */
  decoded: boolean;
}

type LoadDetail = Pick<
  MeasureDetails["kv.restore"],
  "bytesRead" | "refusedChunks" | "codec" | "strategy"
>;

/** What is needed to read a chunk. */
interface ReadableChunk extends Pick<
  ChunkMeta,
  "fingerprint" | "prefixHash" | "startToken" | "tokens"
> {
  lineage: Lineage;
}

/** A chunk of the sequence, as far as it has been read. */
interface Load {
  chunk: ReadableChunk;
  bytes: number;
  codecs: Set<KvCodecName>;
  shared: boolean;
  /** Values that have not come, or were not what they should be. */
  missingValues: number;
}

/**
 * Load what is stored of a sequence and not resident.
 *
 * @returns the token ranges whose rows are in the cache now, in order, apart from resident ones
 */
export async function loadStored(
  model: LoadedModel,
  request: RestoreRequest,
): Promise<LoadDetail & { ranges: LoadedRange[] }> {
  const { store, conversationId, tokens, quality } = request;
  const { kvFingerprint: fingerprint, resident } = model;
  const chain = await ChunkChain.of(tokens, CHUNK_TOKENS);
  // Full chunks are named by our own tokens: they need not wait to be found.
  const likely = likelyChunks(chain, request, model);
  const early = loadChunks(model, request, likely);
  const hashes = chain.hashesFor(READABLE_LINEAGES[quality]);
  const found = await store?.find({ conversationId, fingerprint, ...hashes });
  const useful = found?.ok ? await usefulChunks(chain, request, found.value) : [];
  const wanted = useful.filter((chunk) => chunk.startToken + chunk.tokens > resident.length);
  const chosen = wanted.filter((chunk) => likely.some(isSameChunk(chunk)));
  const taken = new Set(chosen.map(({ startToken }) => startToken));
  const rest = bestOf(wanted.filter(({ startToken }) => !taken.has(startToken)));
  const loads = (await Promise.all([early, loadChunks(model, request, rest)])).flat();
  const complete = loads.filter(({ missingValues }) => missingValues === 0);
  const expected = [...chosen, ...rest];
  return {
    bytesRead: loads.reduce((sum, { bytes }) => sum + bytes, 0),
    refusedChunks: loads.filter(
      ({ chunk, missingValues }) => missingValues > 0 && expected.some(isSameChunk(chunk)),
    ).length,
    codec: [...new Set(complete.flatMap(({ codecs }) => [...codecs]))].toSorted().join(" + "),
    strategy: complete.some(({ shared }) => shared) ? "krul" : "none",
    // Where two forms of a chunk came, either's rows may be there: it counts as the worse one.
    ranges: complete
      .map(rangeOf)
      .toSorted((a, b) => a.start - b.start || rankOf(b.lineage) - rankOf(a.lineage)),
  };
}

function rangeOf({ chunk: { startToken: start, tokens, lineage } }: Load): LoadedRange {
  const decoded = lineage !== "exact" && !lineage.endsWith("-recent");
  return { start, end: start + tokens, lineage, decoded };
}

/** From the best to the worst. */
const rankOf = (lineage: Lineage): number => READABLE_LINEAGES.compact.indexOf(lineage);

const isSameChunk = (one: ReadableChunk) => (other: ReadableChunk) =>
  one.prefixHash === other.prefixHash;

/** The forms that full chunks have if this conversation stored them, behind the resident ones. */
function likelyChunks(
  chain: ChunkChain,
  { tokens, quality, store }: RestoreRequest,
  { kvFingerprint: fingerprint, resident }: LoadedModel,
): ReadableChunk[] {
  if (!store) return [];
  const exact = chain.namesIn("exact");
  const coded = chain.namesIn(quality);
  return exact
    .map((name, i): ReadableChunk => {
      const startToken = i * CHUNK_TOKENS;
      const isRecent = startToken + CHUNK_TOKENS + RECENT_TOKENS > tokens.length;
      const lineage = isRecent ? "exact" : quality;
      const prefixHash = isRecent ? name : (coded[i] ?? name);
      return { fingerprint, prefixHash, startToken, tokens: CHUNK_TOKENS, lineage };
    })
    .filter((chunk) => chunk.startToken + chunk.tokens > resident.length);
}

/** Of the chunks found, those that hold rows of this sequence, good enough for the conversation. */
async function usefulChunks(
  chain: ChunkChain,
  { quality }: RestoreRequest,
  { full, partial }: FoundChunks,
): Promise<ReadableChunk[]> {
  const useful: ReadableChunk[] = [];
  for (const chunk of [...full, ...partial]) {
    const lineage = await chain.lineageHeld(chunk);
    if (lineage && READABLE_LINEAGES[quality].includes(lineage)) useful.push({ ...chunk, lineage });
  }
  return useful;
}

/** One for each place: the longest, of equals the one of the best lineage. First to last. */
function bestOf(chunks: readonly ReadableChunk[]): ReadableChunk[] {
  const rank = ({ lineage }: ReadableChunk) => rankOf(lineage);
  const best = new Map<number, ReadableChunk>();
  for (const chunk of chunks) {
    const other = best.get(chunk.startToken);
    const longer = chunk.tokens - (other?.tokens ?? 0);
    if (!other || longer > 0 || (longer === 0 && rank(chunk) < rank(other)))
      best.set(chunk.startToken, chunk);
  }
  return [...best.values()].toSorted((a, b) => a.startToken - b.startToken);
}

/**
 * About in order, until the restoration is abandoned. Rows are uploaded as they come, those behind the
 * resident ones only: until all of a chunk's have come none of them counts.
 */
async function loadChunks(
  { transformer: { cache }, resident, valueCoder }: LoadedModel,
  { store, abandoned }: RestoreRequest,
  chunks: readonly ReadableChunk[],
): Promise<Load[]> {
  if (!store || chunks.length === 0) return [];
  const reads = chunks.flatMap((chunk) => {
    const shapes = valueShapes(cache.shape, chunk.tokens);
    const load: Load = {
      chunk,
      bytes: 0,
      codecs: new Set(),
      shared: false,
      missingValues: shapes.length,
    };
    return shapes.map((shape, group) => ({ load, shape, group }));
  });
  const requests = reads.map(({ load: { chunk }, group }) => {
    const { fingerprint, prefixHash } = chunk;
    return { fingerprint, prefixHash, group };
  });
  const isWanted = () => !abandoned.aborted;
  const decoding: Promise<void>[] = [];
  const decode = async (
    { load, shape }: (typeof reads)[number],
    bytes: Uint8Array<ArrayBuffer>,
  ) => {
    const value = decodeChunkValue(shape, bytes);
    const { startToken: start, tokens, lineage } = load.chunk;
    if (!value || !isWanted()) return;
    // Under the name of exact rows there is nothing but these.
    const isExact = value.layers.every((one) => one.codec === "f16" && one.partner === undefined);
    if (levelOf(lineage) === "exact" && !isExact) return;
    const run = { start, tokens, skip: Math.max(0, resident.length - start) };
    if (!(await valueCoder.decode(value, run, isWanted))) return;
    load.bytes += bytes.length;
    load.missingValues--;
    for (const one of value.layers) {
      load.codecs.add(one.codec);
      load.shared ||= one.partner !== undefined;
    }
  };
  const take = ({ index, value }: ReadReply) => {
    const read = reads[index];
    if (read && value) decoding.push(decode(read, value));
  };
  await store.readAll(requests, take, abandoned);
  await Promise.all(decoding);
  return [...new Set(reads.map(({ load }) => load))];
}
