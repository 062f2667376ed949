import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import { usualCodecs } from "../../kv/quality/stored-forms.ts";
import { decodeChunkValue, type ChunkValue } from "../../kv/value/chunk-value.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import type { BoardStep } from "../../restore/restoration-board.ts";
import { ChangeSignal } from "./change-signal.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { mainFamily } from "../sequence/chunk-family.ts";
import { levelOf } from "../sequence/kv-identity.ts";
import type { CachedRows, RestorableModel, StorableRows } from "../sequence/prepared-model.ts";
import type { FoundChunk, ReadableChunk } from "../sequence/stored-sequence.ts";
import { chooseChunks, likelyChunks, originOf } from "./choose-chunks.ts";
import { computeRows } from "./compute-rows.ts";
import { LoadedValues } from "./loaded-values.ts";
import {
  planFor,
  savedSequence,
  seemsWorthLoading,
  valuesBeyond,
  valuesToLoad,
} from "./plan-reads.ts";
import { RestorationAccount } from "./restoration-account.ts";
import { RestorationProgress } from "./restoration-progress.ts";
import type { RestoreRequest } from "./restore-request.ts";
import { StoreStream, type ChunkGroup, type ReadValue } from "./store-stream.ts";

/** What rows are restored into, and with. */
export type RestoringModel = CachedRows & StorableRows & RestorableModel;

/** What a restoration did: its part of the measure. */
export type RestorationSummary = Omit<
  MeasureDetails["kv.restore"],
  "conversationId" | "tokens" | "reusedTokens" | "scheme"
>;

/** Reading that began before it was known what is stored. */
interface ReadAhead {
  chunks: readonly ReadableChunk[];
  abort: AbortController;
  taken: Promise<void>;
}

/** Under `auto`, loading that takes so much longer than predicted gets help from computing. */
const LATE = { factor: 1.5, ms: 50 };
/** How often it is looked whether loading has become so slow that computing pays. */
const RECHECK_MS = 50;
/** Most tokens of one go of computing: while the store works too, no more than it brings at once. */
const MAX_TOKENS = { whileReading: CHUNK_TOKENS, alone: 8 * CHUNK_TOKENS };

/**
 * One restoration: the store brings what the plan loads, the GPU computes what the plan recomputes, both at
 * once. Where the frontier may move (`auto`, `cake`), the stream that is done goes on with what the other has
 * left, until both meet. What neither has brought by then is computed.
 *
 * The order of all this is decided here. The store's stream reports the values that it reads, the GPU's the rows
 * that it computes, and what they report is noted here: in the progress, the account and the loaded values.
 */
export class Restoration {
  readonly #model: RestoringModel;
  readonly #request: RestoreRequest;
  readonly #store: StoreStream;
  readonly #values = new LoadedValues();
  readonly #account: RestorationAccount;
  readonly #signal = new ChangeSignal();
  /** Rows before were resident when it began, and are never written. */
  readonly #residentTokens: number;
  /** Undefined while it is looked up what is stored: values that were read ahead may come before that. */
  #progress: RestorationProgress | undefined;
  #isReading = true;
  #running: { step: BoardStep; abort: AbortController } | undefined;

  constructor(model: RestoringModel, request: RestoreRequest) {
    this.#model = model;
    this.#request = request;
    this.#store = new StoreStream(request.store, model.cache.shape);
    this.#account = new RestorationAccount(model.restorationCosts);
    this.#residentTokens = model.resident.length;
    request.abandoned.addEventListener("abort", () => {
      this.#store.end();
      this.#signal.notify();
    });
    request.handedOver.addEventListener("abort", () => {
      this.#takeAlong();
      if (this.#isLeftToTurn) this.#running?.abort.abort();
      this.#signal.notify();
    });
  }

  /** Resolves when the GPU has done what was submitted, or sooner if a turn takes over or nothing is wanted. */
  async run(): Promise<RestorationSummary> {
    const { chunks, ahead } = await this.#find();
    const progress = this.#begin(chunks);
    const reading = this.#read(progress, ahead).finally(() => {
      this.#isReading = false;
      this.#signal.notify();
    });
    try {
      await Promise.all([reading, this.#compute(progress)]);
    } finally {
      this.#store.end();
    }
    const joined = progress.joinTo(this.#model.resident, this.#values);
    await this.#settled();
    const predictedMs = progress.plan.prediction.makespanMs;
    const loaded = this.#values.summaryOf(chunks);
    return { ...joined, ...loaded, ...this.#account.close(), predictedMs };
  }

  /** Whoever takes over need not wait until the GPU has done what was submitted last. */
  async #settled(): Promise<void> {
    const { device } = this.#model.gpu;
    const { abandoned, handedOver } = this.#request;
    const done = Promise.race([device.queue.onSubmittedWorkDone(), device.lost]);
    await Promise.race([done.catch(() => undefined), aborted(abandoned), aborted(handedOver)]);
  }

  /**
   * What is stored and not resident, in order. Where all seems worth loading, reading begins at once: full chunks
   * are named by our own tokens and need not be found.
   */
  async #find(): Promise<{ chunks: readonly FoundChunk[]; ahead: ReadAhead }> {
    const { scheme, tokens } = this.#request;
    if (scheme === "recompute") return { chunks: [], ahead: this.#readAhead([]) };
    const isWorthLoading = seemsWorthLoading(this.#model, this.#request);
    const chain = await ChunkChain.of(tokens, CHUNK_TOKENS);
    const likely = likelyChunks(this.#model, this.#request, chain);
    // First: what is read and refused is removed, and would not be found any more.
    const finding = chooseChunks(this.#model, this.#request, { chain, likely });
    const ahead = this.#readAhead(isWorthLoading ? likely : []);
    const chunks = await finding;
    if (chunks.some((chunk) => originOf(chunk).decoded)) this.#prepareDecoding();
    return { chunks, ahead };
  }

  /** In the order that the planner gives to what is loaded where nothing is computed but what is not stored. */
  #readAhead(chunks: readonly ReadableChunk[]): ReadAhead {
    const abort = new AbortController();
    const places = layerGroups(this.#model.cache.shape).flatMap((_, group) =>
      chunks.toReversed().map((chunk): ChunkGroup => ({ chunk, group })),
    );
    const taken = this.#take(this.#store.read(places, abort.signal));
    // What fails is told where it is waited for, if it is.
    taken.catch(() => undefined);
    return { chunks, abort, taken };
  }

  /** Begin to compile what the usual form is decoded with, while its values are read. */
  #prepareDecoding(): void {
    const { valueCoder, cache } = this.#model;
    const codecs = usualCodecs(cache.shape, valueCoder.hasBasis);
    // What fails, of a lost device say, fails again where it is waited for.
    valueCoder.prepareDecoding(codecs).catch(() => undefined);
  }

  #begin(chunks: readonly FoundChunk[]): RestorationProgress {
    const { tokens, scheme, handedOver } = this.#request;
    const saved = savedSequence(this.#model, tokens.length, chunks);
    const plan = planFor(this.#model, saved, scheme);
    const progress = new RestorationProgress({ tokens, chunks, saved, plan });
    for (const chunk of chunks)
      for (const group of plan.staircase.keys())
        if (this.#values.hasLoaded({ chunk, group })) progress.markLoaded({ chunk, group });
    this.#progress = progress;
    this.#isReading = plan.loads.length > 0;
    if (progress.isDone) this.#store.end();
    if (handedOver.aborted) this.#takeAlong();
    return progress;
  }

  /** Read what the plan loads. Where the GPU computes nothing, it is read in the order of reading ahead. */
  async #read({ plan, chunks }: RestorationProgress, ahead: ReadAhead): Promise<void> {
    const { scheme } = this.#request;
    const isLoadOnly = plan.recompute.length === 0;
    // What the GPU computes behind is read first.
    if (!isLoadOnly) {
      await this.#weights();
      ahead.abort.abort();
    }
    const planned = valuesToLoad(plan, chunks);
    const isMoving = scheme === "auto" || scheme === "cake";
    const places = [...planned, ...(isMoving ? valuesBeyond(planned, plan, chunks) : [])];
    const isOnItsWay = ({ chunk: { prefixHash } }: ChunkGroup) =>
      isLoadOnly && ahead.chunks.some((one) => one.prefixHash === prefixHash);
    const missing = places.filter((place) => !isOnItsWay(place) && !this.#values.hasLoaded(place));
    await Promise.all([isLoadOnly && ahead.taken, this.#take(this.#store.read(missing))]);
  }

  async #weights(): Promise<void> {
    const { layers } = this.#model;
    if (layers.withWeights === layers.count) return;
    while (layers.withWeights < layers.count && !this.#request.abandoned.aborted)
      await Promise.race([layers.changed(), this.#signal.changed()]);
    this.#account.noteModel("weights", layers.count);
  }

  /** Take values as they come. Resolves when all have come that will, and their writing was submitted. */
  async #take(values: AsyncIterable<ReadValue>): Promise<void> {
    const loading: Promise<void>[] = [];
    for await (const value of values) loading.push(this.#load(value));
    await Promise.all(loading);
  }

  async #load(read: ReadValue): Promise<void> {
    if (read.bytes) {
      this.#values.markArrived(read);
      this.#account.noteRead(read, read.bytes.length);
    }
    const value = checkedValue(read);
    if (!value) {
      this.#values.markRefused(read);
      return;
    }
    if (!this.#isWanted(read)) return;
    const decode = await this.#model.valueCoder.decoder(value);
    // While kernels were compiled, it may have been computed.
    if (!this.#isWanted(read)) return;
    const { startToken: start, tokens } = read.chunk;
    const submittedMs = performance.now();
    const skip = Math.max(0, this.#residentTokens - start);
    if (decode({ start, tokens, skip })) this.#onLoaded(read, value, submittedMs);
    else this.#values.markRefused(read);
  }

  /** Until it is known what is stored, anything may be. */
  #isWanted(place: ChunkGroup): boolean {
    return !this.#request.abandoned.aborted && (this.#progress?.isMissing(place) ?? true);
  }

  #onLoaded(read: ReadValue, { layers }: ChunkValue, submittedMs: number): void {
    const bytes = read.bytes?.length ?? 0;
    const { name: family } = mainFamily(layers.map(({ codec }) => codec));
    this.#values.markLoaded(read, layers, bytes);
    this.#account.noteLoaded();
    this.#progress?.markLoaded(read);
    // The store was faster: what is being computed is there.
    if (this.#running && this.#progress?.isBrought(this.#running.step)) this.#running.abort.abort();
    if (this.#progress?.isDone) this.#store.end();
    this.#signal.notify();
    this.#model.gpu.device.queue.onSubmittedWorkDone().then(
      () => {
        const isAlone = this.#running === undefined;
        this.#account.noteDecoded(read, { submittedMs, bytes, family, isAlone });
      },
      // The device was lost.
      () => undefined,
    );
  }

  async #compute(progress: RestorationProgress): Promise<void> {
    const { layers } = this.#model;
    let isCompiling = !layers.hasKernels;
    while (!progress.isDone && !this.#request.abandoned.aborted) {
      const step = progress.nextStep(layers.runnable, {
        beyondPlan: this.#mayGoBeyondPlan(progress),
        maxTokens: this.#isReading ? MAX_TOKENS.whileReading : MAX_TOKENS.alone,
      });
      if (isCompiling && layers.hasKernels) {
        this.#account.noteModel("compile", layers.count);
        isCompiling = false;
      }
      if (this.#isLeftToTurn) break;
      if (step) await this.#run(progress, step);
      else await Promise.race([this.#signal.changed(), layers.changed(), after(RECHECK_MS)]);
    }
    // Both have met, or it was abandoned: nothing that is still on its way is wanted.
    this.#store.end();
  }

  async #run(progress: RestorationProgress, step: BoardStep): Promise<void> {
    const { abandoned, slowdown } = this.#request;
    const abort = new AbortController();
    this.#running = { step, abort };
    const { start } = step.tokens;
    const rows = progress.rowsOf(step);
    const signal = AbortSignal.any([abandoned, abort.signal]);
    const computed = await computeRows(this.#model, { ...rows, position: start, signal, slowdown });
    this.#running = undefined;
    progress.markComputed(step, computed.tokens);
    const tokens = { start, end: start + computed.tokens };
    if (computed.tokens > 0)
      this.#account.noteComputed({ tokens, layers: rows.layers, busy: computed.busy });
  }

  /** Whether the frontier may move now. */
  #mayGoBeyondPlan(progress: RestorationProgress): boolean {
    if (!this.#isReading) return true;
    const { scheme } = this.#request;
    if (scheme !== "auto") return scheme === "cake";
    const { recompute, prediction } = progress.plan;
    const { startMs, pace } = this.#account;
    const lateMs = LATE.ms + LATE.factor * prediction.makespanMs;
    if (recompute.length === 0 && performance.now() - startMs < lateMs) return false;
    return pace.remainingMs(progress.missingBytes(this.#values)) > pace.computeMs(this.#model);
  }

  /** A turn waits, and what is missing is what it would compute itself. */
  get #isLeftToTurn(): boolean {
    const isHandedOver = this.#request.handedOver.aborted;
    return isHandedOver && (this.#progress?.isLeftToTurn(this.#isReading) ?? false);
  }

  /** The waiting turn's own tokens are computed too, while what is before them is still read. */
  #takeAlong(): void {
    const next = this.#request.nextTokens();
    if (next && this.#isReading) this.#progress?.extend(next);
  }
}

/** The parts of a value. Undefined if it is not there, or not what it should be. */
function checkedValue({ chunk, shape, bytes }: ReadValue): ChunkValue | undefined {
  const value = bytes && decodeChunkValue(shape, bytes);
  // Under the name of exact rows there is nothing but these.
  const isExact = value?.layers.every((one) => one.codec === "f16" && one.partner === undefined);
  return levelOf(chunk.lineage) === "exact" && !isExact ? undefined : value;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
