import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import { decodeChunkValue, type ChunkValueShape } from "../../kv/value/chunk-value.ts";
import { usualCodecs } from "../../kv/quality/stored-forms.ts";
import { familyOf } from "../../kv/value/codec-families.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import type { ReadReply } from "../../protocol/kv-store-api.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import { assert } from "../../shared/assert.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import type { FoundChunk, ReadableChunk } from "../sequence/stored-sequence.ts";
import { chooseChunks, likelyChunks, originOf } from "./choose-chunks.ts";
import { levelOf } from "../sequence/kv-identity.ts";
import type { PreparedModel } from "../sequence/prepared-model.ts";
import type { RestoreRequest } from "./restore-request.ts";

type LoadDetail = Pick<
  MeasureDetails["kv.restore"],
  "bytesRead" | "refusedChunks" | "codec" | "strategy"
>;

/** One layer group of a chunk. */
interface Read {
  chunk: ReadableChunk;
  group: number;
  shape: ChunkValueShape;
}

/** Reading before it is known what is stored. */
interface Early {
  chunks: readonly ReadableChunk[];
  abort: AbortController;
  reading: Promise<void>;
}

/** A value that is to be loaded. */
export interface WantedValue {
  startToken: number;
  group: number;
}

/** Whoever keeps account of what is there. */
export interface LoadSink {
  /** Whether a value's rows are still of use. */
  isWanted: (value: WantedValue) => boolean;
  /** A value's rows were submitted to be written. */
  onLoaded: (value: WantedValue) => void;
  /** Something came of the store; or was decoded. */
  onWork: (work: LoadWork) => void;
}

/** For the timeline. Times of `performance.now()`. */
export interface LoadWork {
  work: "read" | "decode";
  startMs: number;
  endMs: number;
  chunk: Pick<ReadableChunk, "startToken" | "tokens" | "lineage">;
  group: number;
  bytes: number;
}

/**
 * Finds and loads what is stored of a sequence behind the resident tokens. Values are decoded straight
 * into the cache as they come; what came too late to be of use, or is not what it should be, is dropped.
 */
export class LoadStream {
  readonly #model: PreparedModel;
  readonly #request: RestoreRequest;
  readonly #sink: LoadSink;
  /** Resident when it began: rows before are never written. */
  readonly #residentTokens: number;
  readonly #ended = new AbortController();
  readonly #chain: Promise<ChunkChain>;
  /** Undefined until it is known what is stored. */
  #chosen: readonly FoundChunk[] | undefined;
  /** Values that came, by name. */
  readonly #arrived = new Set<string>();
  /** Those of them that were good. */
  readonly #good = new Set<string>();
  readonly #refused = new Set<ReadableChunk>();
  readonly #codecs = new Set<string>();
  readonly #strategies = new Set<string>();
  #bytes = 0;
  #early: Early | undefined;
  #lastArrivalMs = performance.now();
  #lastDecodedMs = performance.now();

  constructor(model: PreparedModel, request: RestoreRequest, sink: LoadSink) {
    this.#model = model;
    this.#request = request;
    this.#sink = sink;
    this.#residentTokens = model.resident.length;
    this.#chain = ChunkChain.of(request.tokens, CHUNK_TOKENS);
    request.abandoned.addEventListener("abort", () => {
      this.end();
    });
  }

  /**
   * What is stored and not resident, in order.
   *
   * @param ahead also begin to read full chunks: they are named by our own tokens and need not be found
   */
  async find({ ahead }: { ahead: boolean }): Promise<readonly FoundChunk[]> {
    const chain = await this.#chain;
    const likely = likelyChunks(this.#model, this.#request, chain);
    // First: what is read and refused is removed, and would not be found any more.
    const finding = chooseChunks(this.#model, this.#request, { chain, likely });
    if (ahead) this.#readEarly(likely);
    this.#chosen = await finding;
    if (this.#chosen.some((chunk) => originOf(chunk).decoded)) this.#prepareDecoding();
    return this.#chosen;
  }

  /** Begin to compile what the usual form is decoded with, while its values are read. */
  #prepareDecoding(): void {
    const { valueCoder, cache } = this.#model;
    const codecs = usualCodecs(cache.shape, valueCoder.hasBasis);
    // What fails, of a lost device say, fails again where it is waited for.
    valueCoder.prepareDecoding(codecs).catch(() => undefined);
  }

  /**
   * Load these values of what was found, about in this order. Resolves when all have come that will.
   *
   * @param isAsRead the order is that in which reading ahead goes anyway
   */
  async load(order: readonly WantedValue[], isAsRead: boolean): Promise<void> {
    const early = this.#early;
    if (!isAsRead) early?.abort.abort();
    const reads = order.flatMap(({ startToken, group }) => {
      const chunk = this.foundAt(startToken);
      const isOnItsWay = isAsRead && chunk && early?.chunks.some(isSameChunk(chunk));
      return chunk && !isOnItsWay && !this.#good.has(valueName(chunk, group))
        ? [this.#readOf(chunk, group)]
        : [];
    });
    await Promise.all([
      isAsRead ? early?.reading : undefined,
      this.#read(reads, this.#ended.signal),
    ]);
  }

  /** Nothing more is wanted. */
  end(): void {
    this.#early?.abort.abort();
    this.#ended.abort();
  }

  /** What was found at a place. */
  foundAt(startToken: number): FoundChunk | undefined {
    return this.#chosen?.find((chunk) => chunk.startToken === startToken);
  }

  /** Whether what was found at a place is still there, as far as it was read. */
  isStored(startToken: number): boolean {
    const chunk = this.foundAt(startToken);
    return chunk !== undefined && ![...this.#refused].some(isSameChunk(chunk));
  }

  /** Whether a value has come and is in the cache. */
  hasLoaded({ startToken, group }: WantedValue): boolean {
    const chunk = this.foundAt(startToken);
    return chunk !== undefined && this.#good.has(valueName(chunk, group));
  }

  /** Whether a value has come, and need only be decoded if it was not yet. */
  hasArrived(chunk: ReadableChunk, group: number): boolean {
    return this.#arrived.has(valueName(chunk, group));
  }

  get detail(): LoadDetail {
    const refused = [...this.#refused].filter((chunk) => this.#isChosen(chunk));
    return {
      bytesRead: this.#bytes,
      refusedChunks: refused.length,
      codec: [...this.#codecs].toSorted().join(" + "),
      strategy: [...this.#strategies].toSorted().join(" + ") || "none",
    };
  }

  #readEarly(likely: readonly ReadableChunk[]): void {
    const { cache } = this.#model;
    const abort = new AbortController();
    // As the planner has it where nothing is computed but what is not stored.
    const reads = layerGroups(cache.shape).flatMap((_, group) =>
      likely.toReversed().map((chunk) => this.#readOf(chunk, group)),
    );
    this.#early = { chunks: likely, abort, reading: this.#read(reads, abort.signal) };
  }

  /** Until it is known what is stored, anything may be. */
  #isChosen(chunk: ReadableChunk): boolean {
    return this.#chosen?.some(isSameChunk(chunk)) ?? true;
  }

  #readOf(chunk: ReadableChunk, group: number): Read {
    const shape = valueShapes(this.#model.cache.shape, chunk.tokens)[group];
    assert(shape !== undefined, `there is no layer group ${group}`);
    return { chunk, group, shape };
  }

  async #read(reads: readonly Read[], signal: AbortSignal): Promise<void> {
    const { store } = this.#request;
    if (!store || reads.length === 0) return;
    const requests = reads.map(({ chunk: { fingerprint, prefixHash }, group }) => {
      return { fingerprint, prefixHash, group };
    });
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, performance.now());
    const decoding: Promise<void>[] = [];
    const take = ({ index, value }: ReadReply) => {
      const read = reads[index];
      if (!read) return;
      this.#noteArrival(read, value?.length ?? 0);
      if (value) decoding.push(this.#decode(read, value));
      else this.#refused.add(read.chunk);
    };
    await store.readAll(requests, take, signal);
    await Promise.all(decoding);
  }

  #noteArrival({ chunk, group }: Read, bytes: number): void {
    const [startMs, endMs] = [this.#lastArrivalMs, performance.now()];
    this.#lastArrivalMs = endMs;
    if (bytes === 0) return;
    this.#arrived.add(valueName(chunk, group));
    this.#sink.onWork({ work: "read", startMs, endMs, chunk, group, bytes });
  }

  async #decode({ chunk, group, shape }: Read, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { startToken, tokens, lineage } = chunk;
    const place = { startToken, group };
    let startMs = performance.now();
    // Asked again when the kernels are there: decoding begins then.
    const isWanted = () => {
      startMs = performance.now();
      const isOurs = !this.#request.abandoned.aborted && this.#isChosen(chunk);
      return isOurs && this.#sink.isWanted(place);
    };
    const refuse = () => {
      this.#refused.add(chunk);
      this.#arrived.delete(valueName(chunk, group));
    };
    const value = decodeChunkValue(shape, bytes);
    // Under the name of exact rows there is nothing but these.
    const isExact = value?.layers.every((one) => one.codec === "f16" && one.partner === undefined);
    if (!value || (levelOf(lineage) === "exact" && !isExact)) {
      refuse();
      return;
    }
    if (!isWanted()) return;
    const skip = Math.max(0, this.#residentTokens - startToken);
    const run = { start: startToken, tokens, skip };
    if (!(await this.#model.valueCoder.decode(value, run, isWanted))) {
      if (isWanted()) refuse();
      return;
    }
    this.#bytes += bytes.length;
    this.#good.add(valueName(chunk, group));
    for (const one of value.layers) {
      this.#codecs.add(one.codec);
      if (familyOf(one.codec).name === "transform") this.#strategies.add("transform");
      else if (one.partner !== undefined) this.#strategies.add("krul");
    }
    this.#sink.onLoaded(place);
    this.#noteDecoded(startMs, { chunk, group, bytes: bytes.length });
  }

  /** When the GPU has done it, one after the other. Nobody waits for that. */
  #noteDecoded(submittedMs: number, what: Pick<LoadWork, "chunk" | "group" | "bytes">): void {
    this.#model.gpu.device.queue.onSubmittedWorkDone().then(
      () => {
        const startMs = Math.max(submittedMs, this.#lastDecodedMs);
        const endMs = performance.now();
        this.#lastDecodedMs = endMs;
        this.#sink.onWork({ work: "decode", startMs, endMs, ...what });
      },
      // Of a lost device.
      () => undefined,
    );
  }
}

const valueName = ({ prefixHash }: ReadableChunk, group: number): string =>
  `${prefixHash} ${String(group)}`;

const isSameChunk = (one: ReadableChunk) => (other: ReadableChunk) =>
  one.prefixHash === other.prefixHash;
