import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { MeasureDetails, RestorationSpan } from "../../protocol/measures.ts";
import type { RestorationPlan } from "../../restore/plan-restoration.ts";
import { RestorationBoard, type BoardStep } from "../../restore/restoration-board.ts";
import { spansOf, type Span } from "../../restore/staircase.ts";
import { Bell } from "../../shared/bell.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import { computeRows } from "./compute-rows.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import { joinRows } from "./join-rows.ts";
import type { PreparedModel } from "../sequence/prepared-model.ts";
import { LoadStream, type LoadWork, type WantedValue } from "./load-stream.ts";
import {
  planFor,
  savedSequence,
  seemsWorthLoading,
  valuesBeyond,
  valuesToLoad,
} from "./plan-reads.ts";
import { ReadPace } from "./read-pace.ts";
import { RestorationTimeline } from "./restoration-timeline.ts";
import type { RestoreRequest } from "./restore-request.ts";
import { chunksOf } from "../sequence/token-ranges.ts";

type Detail = MeasureDetails["kv.restore"];

/** Under `auto`, loading that takes so much longer than predicted gets help from computing. */
const LATE = { factor: 1.5, ms: 50 };
/** How often it is looked whether loading has become so slow that computing pays. */
const RECHECK_MS = 50;
/** Most tokens of one go of computing: while the store works too, no more than it brings at once. */
const MAX_TOKENS = { whileReading: CHUNK_TOKENS, alone: 8 * CHUNK_TOKENS };

/**
 * One restoration: the store brings what the plan loads, the GPU computes what the plan recomputes, both at
 * once. Where the frontier may move (`auto`, `cake`), whoever is done goes on with what the other has left,
 * until both meet. What nobody brought is computed then.
 */
export class Restoration {
  readonly #model: PreparedModel;
  readonly #request: RestoreRequest;
  readonly #load: LoadStream;
  readonly #startMs = performance.now();
  readonly #pace: ReadPace;
  readonly #timeline = new RestorationTimeline(this.#startMs);
  readonly #bell = new Bell();
  #plan: RestorationPlan | undefined;
  #chunks: readonly FoundChunk[] = [];
  #board = new RestorationBoard([], []);
  #isPlanned = false;
  #isReading = true;
  #running: { step: BoardStep; abort: AbortController } | undefined;
  /** Tokens of a span that were computed through all layers when it was interrupted. */
  #partial = { span: -1, tokens: 0 };
  #loadEndMs = this.#startMs;
  #counts = {};
  #tokens: readonly number[];

  constructor(model: PreparedModel, request: RestoreRequest) {
    this.#model = model;
    this.#request = request;
    this.#tokens = request.tokens;
    this.#pace = new ReadPace(model.restorationCosts);
    this.#load = new LoadStream(model, request, {
      isWanted: (value) => !this.#isPlanned || !this.#isThere(value),
      onLoaded: (value) => {
        this.#onLoaded(value);
      },
      onWork: (work) => {
        this.#onWork(work);
      },
    });
    request.abandoned.addEventListener("abort", () => {
      this.#bell.ring();
    });
    request.handedOver.addEventListener("abort", () => {
      this.#takeAlong();
      if (this.#isLeftToTurn) this.#running?.abort.abort();
      this.#bell.ring();
    });
  }

  async run(): Promise<void> {
    const { scheme } = this.#request;
    const ahead = seemsWorthLoading(this.#model, this.#request);
    const chunks = scheme === "recompute" ? [] : await this.#load.find({ ahead });
    const plan = this.#begin(chunks);
    const reading = this.#read(plan, chunks).finally(() => {
      this.#isReading = false;
      this.#bell.ring();
    });
    try {
      await Promise.all([reading, this.#compute()]);
    } finally {
      this.#load.end();
    }
    this.#counts = joinRows(this.#model.resident, {
      board: this.#board,
      tokens: this.#tokens,
      partial: this.#partial,
      foundAt: (startToken) => this.#load.foundAt(startToken),
      isStored: (startToken) => this.#load.isStored(startToken),
    });
  }

  /** When the GPU has done what was submitted, or is lost. */
  async settled(): Promise<void> {
    const { device } = this.#model.gpu;
    await Promise.race([device.queue.onSubmittedWorkDone(), device.lost]).catch(() => undefined);
  }

  /** What was done, and when. */
  account(detail: Detail): void {
    this.#pace.learn();
    Object.assign(detail, this.#load.detail, this.#counts);
    const { makespanMs, bubbleRatio, spans } = this.#timeline;
    Object.assign(detail, { makespanMs, bubbleRatio, timeline: spans });
    detail.predictedMs = this.#plan?.prediction.makespanMs ?? 0;
    detail.loadMs = this.#loadEndMs - this.#startMs;
  }

  #begin(chunks: readonly FoundChunk[]): RestorationPlan {
    const { tokens, scheme } = this.#request;
    const saved = savedSequence(this.#model, tokens.length, chunks);
    const plan = planFor(this.#model, saved, scheme);
    this.#plan = plan;
    this.#chunks = chunks;
    this.#board = new RestorationBoard(spansOf(saved), plan.staircase);
    this.#isPlanned = true;
    this.#isReading = plan.loads.length > 0;
    for (const { startToken } of chunks)
      for (const group of plan.staircase.keys()) {
        const value = { startToken, group };
        if (this.#load.hasLoaded(value)) this.#onLoaded(value);
      }
    if (this.#request.handedOver.aborted) this.#takeAlong();
    return plan;
  }

  async #read(plan: RestorationPlan, chunks: readonly FoundChunk[]): Promise<void> {
    const { scheme } = this.#request;
    const planned = valuesToLoad(plan, chunks);
    const isLoadOnly = plan.recompute.length === 0;
    // What the GPU computes behind is read first; where it computes nothing, all comes at once.
    if (!isLoadOnly) await this.#weights();
    const isMoving = scheme === "auto" || scheme === "cake";
    const beyond = isMoving ? valuesBeyond(planned, plan, chunks) : [];
    await this.#load.load([...planned, ...beyond], isLoadOnly);
  }

  async #weights(): Promise<void> {
    const { layers } = this.#model;
    if (layers.withWeights === layers.count) return;
    while (layers.withWeights < layers.count && !this.#request.abandoned.aborted)
      await Promise.race([layers.changed(), this.#bell.rung()]);
    this.#noteModel("store", "weights");
  }

  /** The model's own work, since the restoration began. */
  #noteModel(stream: RestorationSpan["stream"], work: RestorationSpan["work"]): void {
    const times = { startMs: this.#startMs, endMs: performance.now() };
    const layers = { start: 0, end: this.#model.layers.count };
    this.#timeline.add({ stream, work, ...times, tokens: { start: 0, end: 0 }, layers, bytes: 0 });
  }

  async #compute(): Promise<void> {
    const { layers } = this.#model;
    let isCompiling = !layers.transformer;
    while (!this.#board.isAllComplete && !this.#request.abandoned.aborted) {
      const step = this.#board.nextStep({
        runnableGroups: this.#runnableGroups,
        beyondPlan: this.#mayGoBeyondPlan(),
        maxTokens: this.#isReading ? MAX_TOKENS.whileReading : MAX_TOKENS.alone,
      });
      if (isCompiling && layers.transformer) {
        this.#noteModel("gpu", "compile");
        isCompiling = false;
      }
      if (this.#isLeftToTurn) break;
      if (step) await this.#run(step);
      else await Promise.race([this.#bell.rung(), layers.changed(), this.#recheck()]);
    }
    // Both have met, or it was abandoned: nothing that is still on its way is wanted.
    this.#load.end();
  }

  async #run(step: BoardStep): Promise<void> {
    const { abandoned, slowdown } = this.#request;
    const running = { step, abort: new AbortController() };
    this.#running = running;
    const { start, end } = step.tokens;
    const layers = this.#layersOf(step);
    const computed = await computeRows(this.#model, {
      tokens: this.#tokens.slice(start, end),
      position: start,
      layers,
      signal: AbortSignal.any([abandoned, running.abort.signal]),
      slowdown,
    });
    this.#running = undefined;
    const whole = this.#board.markComputed(step, computed.tokens);
    const isThroughAll = step.groups.start === 0 && step.groups.end === this.#board.groups;
    if (isThroughAll && whole < computed.tokens)
      this.#partial = { span: this.#spanAt(start + whole), tokens: computed.tokens - whole };
    if (computed.tokens > 0)
      this.#timeline.add({
        stream: "gpu",
        work: "recompute",
        ...computed.busy,
        tokens: { start, end: start + computed.tokens },
        layers,
        bytes: 0,
      });
  }

  get #runnableGroups(): number {
    const { runnable } = this.#model.layers;
    const stairs = this.#plan?.staircase ?? [];
    return stairs.filter(({ layers }) => layers.end <= runnable).length;
  }

  /** Whether the frontier may move now. */
  #mayGoBeyondPlan(): boolean {
    if (!this.#isReading) return true;
    const { scheme } = this.#request;
    if (scheme !== "auto") return scheme === "cake";
    const { recompute, prediction } = this.#plan ?? {};
    const lateMs = LATE.ms + LATE.factor * (prediction?.makespanMs ?? 0);
    const elapsedMs = performance.now() - this.#startMs;
    if (recompute?.length === 0 && elapsedMs < lateMs) return false;
    return this.#pace.remainingMs(this.#missingBytes()) > this.#pace.computeMs(this.#model);
  }

  /** Of stored values that have not come: what is only to be decoded would be computed for nothing. */
  #missingBytes(): number {
    let sum = 0;
    for (const chunk of this.#chunks) {
      const span = this.#spanOfChunk(chunk.startToken);
      for (const [group, bytes] of chunk.groupBytes.entries())
        if (!this.#board.isThere(span, group) && !this.#load.hasArrived(chunk, group)) sum += bytes;
    }
    return sum;
  }

  /** A turn waits, and what is missing is what it would compute itself. */
  get #isLeftToTurn(): boolean {
    if (!this.#request.handedOver.aborted) return false;
    const { spans, firstIncomplete } = this.#board;
    const isComing = ({ values }: Span) =>
      this.#isReading && values.some((value) => value !== undefined);
    return spans.every(
      (of, span) =>
        span < firstIncomplete ||
        !(this.#board.hasLoaded(span) || this.#board.isBegun(span) || isComing(of)),
    );
  }

  /** The waiting turn's own tokens run through every layer that is ready, while deeper ones are loaded. */
  #takeAlong(): void {
    const next = this.#request.nextTokens();
    const known = this.#tokens;
    if (!next || !this.#isReading || this.#board.groups < 2) return;
    if (commonPrefix(known, next) < known.length) return;
    for (const tokens of chunksOf({ start: known.length, end: next.length }))
      this.#board.extend(tokens);
    this.#tokens = next;
  }

  #recheck(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, RECHECK_MS));
  }

  #isThere({ startToken, group }: WantedValue): boolean {
    return this.#board.isThere(this.#spanOfChunk(startToken), group);
  }

  #onLoaded(value: WantedValue): void {
    this.#loadEndMs = performance.now();
    if (!this.#isPlanned) return;
    this.#board.markLoaded(this.#spanOfChunk(value.startToken), value.group);
    const { step, abort } = this.#running ?? {};
    // The store was faster: what is being computed is there.
    if (step && this.#board.isComplete(step.spans.end - 1)) abort?.abort();
    if (this.#board.isAllComplete) this.#load.end();
    this.#bell.ring();
  }

  #onWork({ work, startMs, endMs, chunk, group, bytes }: LoadWork): void {
    const { startToken: start, tokens } = chunk;
    const [stair] = (this.#plan?.staircase ?? []).slice(group);
    this.#timeline.add({
      stream: work === "read" ? "store" : "gpu",
      work,
      startMs,
      endMs,
      tokens: { start, end: start + tokens },
      layers: stair?.layers ?? { start: 0, end: 0 },
      bytes,
    });
    const isAlone = this.#running === undefined;
    this.#pace.note({ work, ms: endMs - startMs, bytes, lineage: chunk.lineage, isAlone });
  }

  #layersOf({ groups }: BoardStep) {
    const stairs = this.#plan?.staircase ?? [];
    const [first, last] = [stairs[groups.start], stairs[groups.end - 1]];
    return { start: first?.layers.start ?? 0, end: last?.layers.end ?? 0 };
  }

  #spanOfChunk(startToken: number): number {
    return this.#board.spans.findIndex(({ end }) => end > startToken);
  }

  #spanAt(token: number): number {
    return this.#board.spans.findIndex(({ end }) => end > token);
  }
}
