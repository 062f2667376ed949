import { CHUNK_TOKENS, layerGroups, RECENT_TOKENS } from "../kv/chunk-layout.ts";
import { decodeChunkValue, type ChunkValueShape, type KvCodecName } from "../kv/chunk-value.ts";
import { valueShapes } from "../kv/value-coder.ts";
import type { ChunkMeta, FoundChunks, ReadReply } from "../protocol/kv-store-api.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import type { StoredChunk } from "../restore/staircase.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { ChunkChain } from "./chunk-chain.ts";
import { levelOf, READABLE_LINEAGES, type Lineage } from "./kv-identity.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import type { RestoreRequest } from "./restore-request.ts";

/** Tokens whose rows came from the store. */
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

type FoundChunk = ReadableChunk & Pick<ChunkMeta, "groupBytes">;

/** A chunk of the sequence, as far as it has been read. */
interface Load {
  chunk: ReadableChunk;
  codecs: Set<KvCodecName>;
  shared: boolean;
  /** Bytes that came, whatever they were. */
  arrivedBytes: number;
  /** Values that have not come, or were not what they should be. */
  missingValues: number;
}

interface Read {
  load: Load;
  shape: ChunkValueShape;
  group: number;
}

/**
 * Loads what is stored of a sequence behind the resident tokens, back to front: what lies at the frontier
 * comes last. Whoever computes from the front meanwhile claims chunks, which are not loaded then; the
 * loading ends when all others are there.
 */
export class LoadStream {
  readonly #model: LoadedModel;
  readonly #request: RestoreRequest;
  /** Resident when it began: rows before are never written. */
  readonly #residentTokens: number;
  readonly #met = new AbortController();
  readonly #signal: AbortSignal;
  #loads: Load[] = [];
  #expected: FoundChunk[] = [];
  #claimedTokens = 0;
  #bytes = 0;
  /** When values came, and of how many bytes they were. */
  readonly arrivals: { atMs: number; bytes: number }[] = [];

  constructor(model: LoadedModel, request: RestoreRequest) {
    this.#model = model;
    this.#request = request;
    this.#residentTokens = model.resident.length;
    this.#signal = AbortSignal.any([request.abandoned, this.#met.signal]);
  }

  /** Bytes that came and were wanted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of chunks that were found and are not claimed: what has not come from the store. */
  get remainingBytes(): number {
    const expected = this.#expected.filter((chunk) => !this.#isClaimed(chunk));
    const bytes = expected.flatMap(({ groupBytes }) => groupBytes);
    const arrived = this.#loads.filter(({ chunk }) => expected.some(isSameChunk(chunk)));
    return (
      bytes.reduce((sum, size) => sum + size, 0) -
      arrived.reduce((sum, { arrivedBytes }) => sum + arrivedBytes, 0)
    );
  }

  /** Whether all rows of the chunk that begins there have come. */
  isLoaded(startToken: number): boolean {
    return this.#loads.some(
      ({ chunk, missingValues }) => chunk.startToken === startToken && missingValues === 0,
    );
  }

  /** Rows up to here are computed from now on. What comes of them is not written any more. */
  claim(endToken: number): void {
    this.#claimedTokens = Math.max(this.#claimedTokens, endToken);
    this.#endIfMet();
  }

  /**
   * @param onFound is told what is stored and not resident, once that is known
   * @returns the ranges that were loaded, in order, without claimed ones
   */
  async run(
    onFound: (chunks: readonly StoredChunk[]) => void,
  ): Promise<LoadDetail & { ranges: LoadedRange[] }> {
    const { store, conversationId, tokens, quality } = this.#request;
    const { kvFingerprint: fingerprint } = this.#model;
    const chain = await ChunkChain.of(tokens, CHUNK_TOKENS);
    // Full chunks are named by our own tokens: they need not wait to be found.
    const likely = store ? this.#likelyChunks(chain) : [];
    const early = this.#load(likely);
    const hashes = chain.hashesFor(READABLE_LINEAGES[quality]);
    const found = await store?.find({ conversationId, fingerprint, ...hashes });
    const wanted = found?.ok ? await this.#usefulChunks(chain, found.value) : [];
    const chosen = wanted.filter((chunk) => likely.some(isSameChunk(chunk)));
    const taken = new Set(chosen.map(({ startToken }) => startToken));
    const rest = bestOf(wanted.filter(({ startToken }) => !taken.has(startToken)));
    this.#expected = [...chosen, ...rest].toSorted((a, b) => a.startToken - b.startToken);
    onFound(this.#expected.map((chunk) => storedChunk(this.#model, chunk)));
    this.#endIfMet();
    await Promise.all([early, this.#load(rest)]);
    return this.#outcome();
  }

  #outcome(): LoadDetail & { ranges: LoadedRange[] } {
    const complete = this.#loads.filter(
      ({ chunk, missingValues }) => missingValues === 0 && !this.#isClaimed(chunk),
    );
    const refused = this.#loads.filter(
      ({ chunk, missingValues }) =>
        missingValues > 0 && !this.#isClaimed(chunk) && this.#expected.some(isSameChunk(chunk)),
    );
    return {
      bytesRead: this.#bytes,
      refusedChunks: this.#signal.aborted ? 0 : refused.length,
      codec: [...new Set(complete.flatMap(({ codecs }) => [...codecs]))].toSorted().join(" + "),
      strategy: complete.some(({ shared }) => shared) ? "krul" : "none",
      // Where two forms of a chunk came, either's rows may be there: it counts as the worse one.
      ranges: complete
        .map(rangeOf)
        .toSorted((a, b) => a.start - b.start || rankOf(b.lineage) - rankOf(a.lineage)),
    };
  }

  /** Nothing of what has not come is wanted. */
  #endIfMet(): void {
    if (this.#expected.length === 0 && this.#claimedTokens < this.#request.tokens.length) return;
    const isDone = (chunk: ReadableChunk) =>
      this.#isClaimed(chunk) || this.isLoaded(chunk.startToken);
    if (this.#claimedTokens > 0 && this.#expected.every(isDone)) this.#met.abort();
  }

  #isClaimed({ startToken }: ReadableChunk): boolean {
    return startToken < this.#claimedTokens;
  }

  /** The forms that full chunks have if this conversation stored them, behind the resident ones. */
  #likelyChunks(chain: ChunkChain): ReadableChunk[] {
    const { tokens, quality } = this.#request;
    const { kvFingerprint: fingerprint } = this.#model;
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
      .filter((chunk) => this.#isMissing(chunk));
  }

  #isMissing({ startToken, tokens }: Pick<ChunkMeta, "startToken" | "tokens">): boolean {
    return startToken + tokens > this.#residentTokens;
  }

  /** Of the chunks found, those that hold rows of this sequence, good enough for the conversation. */
  async #usefulChunks(chain: ChunkChain, { full, partial }: FoundChunks): Promise<FoundChunk[]> {
    const useful: FoundChunk[] = [];
    for (const chunk of [...full, ...partial]) {
      if (!this.#isMissing(chunk)) continue;
      const lineage = await chain.lineageHeld(chunk);
      const { quality } = this.#request;
      if (lineage && READABLE_LINEAGES[quality].includes(lineage))
        useful.push({ ...chunk, lineage });
    }
    return useful;
  }

  /** Rows are uploaded as they come: until all of a chunk's have come none of them counts. */
  async #load(all: readonly ReadableChunk[]): Promise<void> {
    const { store } = this.#request;
    const chunks = all.filter((chunk) => !this.#isClaimed(chunk));
    if (!store || chunks.length === 0) return;
    const { cache } = this.#model.transformer;
    const reads = chunks.toReversed().flatMap((chunk): Read[] => {
      const shapes = valueShapes(cache.shape, chunk.tokens);
      const missingValues = shapes.length;
      const load: Load = {
        chunk,
        codecs: new Set(),
        shared: false,
        arrivedBytes: 0,
        missingValues,
      };
      this.#loads.push(load);
      return shapes.map((shape, group) => ({ load, shape, group })).reverse();
    });
    const requests = reads.map(({ load: { chunk }, group }) => {
      const { fingerprint, prefixHash } = chunk;
      return { fingerprint, prefixHash, group };
    });
    const decoding: Promise<void>[] = [];
    const take = ({ index, value }: ReadReply) => {
      const read = reads[index];
      if (read && value) decoding.push(this.#decode(read, value));
    };
    await store.readAll(requests, take, this.#signal);
    await Promise.all(decoding);
  }

  async #decode({ load, shape }: Read, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { chunk } = load;
    const { startToken: start, tokens, lineage } = chunk;
    this.arrivals.push({ atMs: performance.now(), bytes: bytes.length });
    load.arrivedBytes += bytes.length;
    const isWanted = () => !this.#request.abandoned.aborted && !this.#isClaimed(chunk);
    const value = decodeChunkValue(shape, bytes);
    if (!value || !isWanted()) return;
    // Under the name of exact rows there is nothing but these.
    const isExact = value.layers.every((one) => one.codec === "f16" && one.partner === undefined);
    if (levelOf(lineage) === "exact" && !isExact) return;
    const run = { start, tokens, skip: Math.max(0, this.#residentTokens - start) };
    if (!(await this.#model.valueCoder.decode(value, run, isWanted))) return;
    this.#bytes += bytes.length;
    load.missingValues--;
    for (const one of value.layers) {
      load.codecs.add(one.codec);
      load.shared ||= one.partner !== undefined;
    }
    this.#endIfMet();
  }
}

/** As the planner sees it. What it is coded in is not known before it is read: its lineage stands for that. */
function storedChunk({ transformer }: LoadedModel, chunk: FoundChunk): StoredChunk {
  const groups = layerGroups(transformer.cache.shape);
  const { startToken: start, tokens, groupBytes, lineage } = chunk;
  const values = groups.map((layers, group) => {
    return { layers, bytes: groupBytes[group] ?? 0, codec: lineage };
  });
  return { start, tokens, values };
}

function rangeOf({ chunk: { startToken: start, tokens, lineage } }: Load): LoadedRange {
  const decoded = lineage !== "exact" && !lineage.endsWith("-recent");
  return { start, end: start + tokens, lineage, decoded };
}

/** From the best to the worst. */
const rankOf = (lineage: Lineage): number => READABLE_LINEAGES.compact.indexOf(lineage);

const isSameChunk = (one: ReadableChunk) => (other: ReadableChunk) =>
  one.prefixHash === other.prefixHash;

/** One for each place: the longest, of equals the one of the best lineage. First to last. */
function bestOf(chunks: readonly FoundChunk[]): FoundChunk[] {
  const best = new Map<number, FoundChunk>();
  for (const chunk of chunks) {
    const other = best.get(chunk.startToken);
    const longer = chunk.tokens - (other?.tokens ?? 0);
    if (!other || longer > 0 || (longer === 0 && rankOf(chunk.lineage) < rankOf(other.lineage)))
      best.set(chunk.startToken, chunk);
  }
  return [...best.values()].toSorted((a, b) => a.startToken - b.startToken);
}
