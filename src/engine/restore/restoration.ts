import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import { usualCodecs } from "../../kv/quality/stored-forms.ts";
import type { ChunkValue } from "../../kv/value/chunk-value.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import type { BoardStep } from "../../restore/restoration-board.ts";
import { releaseBytes } from "../../shared/release-bytes.ts";
import { ChangeSignal } from "./streams/change-signal.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { familyOfFound, mainFamily } from "../sequence/chunk-family.ts";
import type { CachedRows, RestorableModel, StorableRows } from "../sequence/prepared-model.ts";
import type { FoundChunk, ReadableChunk } from "../sequence/stored-sequence.ts";
import { chooseChunks, likelyChunks } from "./choose-chunks.ts";
import { checkedValue } from "./streams/checked-value.ts";
import { computeRows } from "./streams/compute-rows.ts";
import { gpuDone } from "./streams/gpu-done.ts";
import { LoadedValues } from "./account/loaded-values.ts";
import { mayGoBeyondPlan } from "./moving-frontier.ts";
import {
  layersOfGroups,
  planFor,
  savedSequence,
  seemsWorthLoading,
  valuesBeyond,
  valuesToLoad,
  type PlanningModel,
} from "./plan-reads.ts";
import { RestorationAccount } from "./account/restoration-account.ts";
import { RestorationProgress } from "./restoration-progress.ts";
import type { RestoreRequest } from "./restore-request.ts";
import { StoreStream, type ChunkGroup, type ReadValue } from "./streams/store-stream.ts";

/** What rows are restored into, and what with. */
export type RestoringModel = Pick<PlanningModel, "config"> &
  CachedRows &
  StorableRows &
  RestorableModel;

/** What a restoration did, as the measure reports it. */
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

/** How often it is checked whether loading has become so slow that computing pays. */
const RECHECK_MS = 50;
/** Most tokens of one step of computing: while the store reads too, no more than one chunk, as it brings. */
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
  /** How many tokens were resident when it began. Their rows are never written. */
  readonly #residentTokens: number;
  /** Undefined until it is known what is stored. Values that are read ahead may come before that. */
  #progress: RestorationProgress | undefined;
  #isReading = true;
  #running: { step: BoardStep; abort: AbortController } | undefined;

  constructor(model: RestoringModel, request: RestoreRequest) {
    this.#model = model;
    this.#request = request;
    this.#store = new StoreStream(request.store, model.cache.shape);
    this.#account = new RestorationAccount(model.restorationCosts, layersOfGroups(model));
    this.#residentTokens = model.resident.length;
    request.abandoned.addEventListener("abort", () => {
      this.#store.end();
      this.#signal.notify();
    });
    request.handedOver.addEventListener("abort", () => {
      void this.#handOver();
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
    // A turn that takes over need not wait until the GPU has done what was submitted last.
    const { abandoned, handedOver } = this.#request;
    await gpuDone(this.#model.hardware.device, [abandoned, handedOver]);
    const predictedMs = progress.plan.prediction.makespanMs;
    const loaded = this.#values.summaryOf(chunks);
    return { ...joined, ...loaded, ...this.#account.close(), predictedMs };
  }

  /**
   * Finds what is stored and not resident, in order. If all seems worth loading, reading begins at once, because full
   * chunks are named by our own tokens and need not be found.
   */
  async #find(): Promise<{ chunks: readonly FoundChunk[]; ahead: ReadAhead }> {
    const { scheme, tokens } = this.#request;
    if (scheme === "recompute") return { chunks: [], ahead: this.#readAhead([]) };
    const isWorthLoading = seemsWorthLoading(this.#model, this.#request);
    const { kvVariant: variant } = this.#model;
    const chain = await ChunkChain.of(tokens, { chunkTokens: CHUNK_TOKENS, variant });
    const likely = likelyChunks(this.#model, this.#request, chain);
    // Finding comes before reading: what is read and refused is removed, and would not be found any more.
    const finding = chooseChunks(this.#model, this.#request, { chain, likely });
    const ahead = this.#readAhead(isWorthLoading ? likely : []);
    const chunks = await finding;
    this.#prepareDecoding(chunks);
    return { chunks, ahead };
  }

  /** Reads in the order in which the planner loads where it computes only what is not stored. */
  #readAhead(chunks: readonly ReadableChunk[]): ReadAhead {
    const abort = new AbortController();
    const places = layerGroups(this.#model.cache.shape).flatMap((_, group) =>
      chunks.toReversed().map((chunk): ChunkGroup => ({ chunk, group })),
    );
    const taken = this.#take(this.#store.read(places, abort.signal));
    // A failure is reported where the reading is waited for, if it is.
    taken.catch(() => undefined);
    return { chunks, abort, taken };
  }

  /** Begins to compile what decodes chunks of these families, in the form that is usual, while values are read. */
  #prepareDecoding(chunks: readonly FoundChunk[]): void {
    const { valueCoder, cache } = this.#model;
    const families = new Set(chunks.map((chunk) => familyOfFound(chunk)));
    const codecs = usualCodecs(cache.shape, families);
    // What fails here, for example because the device is lost, fails again where a value is decoded.
    valueCoder.prepareDecoding(codecs).catch(() => undefined);
  }

  /** Plans, and counts in what was read ahead. */
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
    this.#tellProgress();
    if (progress.isDone) this.#store.end();
    if (handedOver.aborted) void this.#takeAlong();
    return progress;
  }

  /** Reads what the plan loads. Where the GPU computes nothing, reading ahead has begun that in the same order. */
  async #read({ plan, chunks }: RestorationProgress, ahead: ReadAhead): Promise<void> {
    const { scheme } = this.#request;
    const isLoadOnly = plan.recompute.length === 0;
    // The GPU can compute as soon as weights are there, so these are read first.
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

  /** Resolves when the model has all its weights, or nothing is wanted. */
  async #weights(): Promise<void> {
    const { layers } = this.#model;
    if (layers.withWeights === layers.count) return;
    while (layers.withWeights < layers.count && !this.#request.abandoned.aborted)
      await Promise.race([layers.changed(), this.#signal.changed()]);
    this.#account.noteModel("weights", layers.count);
  }

  /** Loads values as they come. Resolves when no more come, and the writing of all their rows was submitted. */
  async #take(values: AsyncIterable<ReadValue>): Promise<void> {
    const loading: Promise<void>[] = [];
    for await (const value of values) loading.push(this.#load(value));
    await Promise.all(loading);
  }

  /** Decodes a value that came into the cache, unless it is refused or not wanted. Its bytes are of no use after that. */
  async #load(read: ReadValue): Promise<void> {
    try {
      await this.#decode(read);
    } finally {
      if (read.bytes) releaseBytes(read.bytes.buffer);
    }
  }

  async #decode(read: ReadValue): Promise<void> {
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
    // It may have been computed while kernels were compiled.
    if (!this.#isWanted(read)) return;
    const { startToken: start, tokens } = read.chunk;
    const submittedMs = performance.now();
    const skip = Math.max(0, this.#residentTokens - start);
    if (decode({ start, tokens, skip })) this.#onLoaded(read, value, submittedMs);
    else this.#values.markRefused(read);
  }

  /** Whether a value is of use. Any may be, until it is known what is stored. */
  #isWanted(place: ChunkGroup): boolean {
    return !this.#request.abandoned.aborted && (this.#progress?.isMissing(place) ?? true);
  }

  #onLoaded(read: ReadValue, { layers }: ChunkValue, submittedMs: number): void {
    const bytes = read.bytes?.length ?? 0;
    const { name: family } = mainFamily(layers.map(({ codec }) => codec));
    this.#values.markLoaded(read, layers, bytes);
    this.#account.noteLoaded();
    this.#progress?.markLoaded(read);
    this.#tellProgress();
    // The store was faster: all that the GPU is computing is there.
    if (this.#running && this.#progress?.isBrought(this.#running.step)) this.#running.abort.abort();
    if (this.#progress?.isDone) this.#store.end();
    this.#signal.notify();
    this.#model.hardware.device.queue.onSubmittedWorkDone().then(
      () => {
        const isAlone = this.#running === undefined;
        this.#account.noteDecoded(read, { submittedMs, bytes, family, isAlone });
      },
      // The device was lost, and nothing was decoded.
      () => undefined,
    );
  }

  /** Computes until all is there, or what is left is left to a turn. */
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
    // Both streams have met, or it was abandoned: no value that is still on its way is wanted.
    this.#store.end();
  }

  /** Computes one step. */
  async #run(progress: RestorationProgress, step: BoardStep): Promise<void> {
    const { abandoned, slowdown } = this.#request;
    const abort = new AbortController();
    this.#running = { step, abort };
    const { start } = step.tokens;
    const rows = progress.rowsOf(step);
    const signal = AbortSignal.any([abandoned, abort.signal]);
    const share = (rows.layers.end - rows.layers.start) / this.#model.layers.rowLayers;
    const computed = await computeRows(this.#model, {
      ...rows,
      position: start,
      signal,
      slowdown,
      onStep: (tokens) => {
        this.#tellProgress(Math.floor(tokens * share));
      },
    });
    this.#running = undefined;
    progress.markComputed(step, computed.tokens);
    this.#tellProgress();
    const tokens = { start, end: start + computed.tokens };
    if (computed.tokens > 0)
      this.#account.noteComputed({ tokens, layers: rows.layers, busy: computed.busy });
  }

  /** @param runTokens those of a step that is under way which were run, as far as they count */
  #tellProgress(runTokens = 0): void {
    const elapsedMs = performance.now() - this.#account.startMs;
    if (this.#progress) this.#request.onProgress(this.#progress.report(elapsedMs, runTokens));
  }

  /** Whether more may be computed now than the plan says. */
  #mayGoBeyondPlan(progress: RestorationProgress): boolean {
    if (!this.#isReading) return true;
    const reading = { progress, account: this.#account, values: this.#values };
    return mayGoBeyondPlan(this.#request.scheme, this.#model, reading);
  }

  /** Whether a turn waits, and what is missing is what it would compute itself. */
  get #isLeftToTurn(): boolean {
    const isHandedOver = this.#request.handedOver.aborted;
    return isHandedOver && (this.#progress?.isLeftToTurn(this.#isReading) ?? false);
  }

  /** Adds the tokens of a waiting turn, to be computed while rows before them are still read. */
  async #takeAlong(): Promise<void> {
    const next = await this.#request.nextTokens();
    if (!next || !this.#isReading) return;
    this.#progress?.extend(next);
    this.#signal.notify();
  }

  async #handOver(): Promise<void> {
    await this.#takeAlong();
    if (this.#isLeftToTurn) this.#running?.abort.abort();
    this.#signal.notify();
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
