import type { RestorationPlan } from "../../restore/plan-restoration.ts";
import {
  RestorationBoard,
  type BoardStep,
  type StepLimits,
} from "../../restore/restoration-board.ts";
import { spansOf, type SavedSequence, type Span } from "../../restore/staircase.ts";
import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import { remainingMs } from "../sequence/remaining-time.ts";
import type { ResidentSequence } from "../sequence/resident-sequence.ts";
import type { FoundChunk, ReadableChunk } from "../sequence/stored-sequence.ts";
import { chunksOf } from "../sequence/token-ranges.ts";
import { joinRows } from "./join-rows.ts";
import type { RestoreProgress } from "./restore-request.ts";
import type { LoadedValues } from "./account/loaded-values.ts";
import type { ChunkGroup } from "./streams/store-stream.ts";

/** A sequence, what is stored of it, and how it is to be restored. */
interface PlannedSequence {
  tokens: readonly number[];
  /** What is stored of it, first to last. */
  chunks: readonly FoundChunk[];
  saved: SavedSequence;
  plan: RestorationPlan;
}

/** How far a planned restoration has come: what of the sequence is there, and what is to be computed next. */
export class RestorationProgress {
  readonly plan: RestorationPlan;
  readonly chunks: readonly FoundChunk[];
  readonly #board: RestorationBoard;
  #tokens: readonly number[];
  /** How many tokens of a span were computed through all layers when that was interrupted. */
  #partial = { span: -1, tokens: 0 };

  constructor({ tokens, chunks, saved, plan }: PlannedSequence) {
    this.plan = plan;
    this.chunks = chunks;
    this.#tokens = tokens;
    this.#board = new RestorationBoard(spansOf(saved), plan.staircase);
  }

  get isDone(): boolean {
    return this.#board.isAllComplete;
  }

  /** How far it has come, for the person who waits. @param runTokens those of a step that is under way */
  report(elapsedMs: number, runTokens: number): RestoreProgress {
    const { loads, recompute, holes, prediction } = this.plan;
    const isComputing = recompute.length + holes.length > 0;
    const from = loads.length === 0 ? "computing" : isComputing ? "both" : "store";
    const totalTokens = this.#board.spans.reduce((sum, { start, end }) => sum + end - start, 0);
    const doneTokens = Math.min(totalTokens, this.#doneTokens + runTokens);
    const doneMs = totalTokens > 0 ? (prediction.makespanMs * doneTokens) / totalTokens : 0;
    const rest = remainingMs({ elapsedMs, doneMs, leftMs: prediction.makespanMs - doneMs });
    return { from, doneTokens, totalTokens, remainingMs: rest };
  }

  /** How many tokens have their rows. Of a token with rows in some groups of layers, these count as a part. */
  get #doneTokens(): number {
    const { spans, groups } = this.#board;
    const partOf = (span: number) =>
      this.plan.staircase.filter((_, group) => this.#board.isThere(span, group)).length / groups;
    return Math.round(
      spans.reduce((sum, { start, end }, span) => sum + (end - start) * partOf(span), 0),
    );
  }

  /** Whether a value is one of those that were found, and its rows are not there. */
  isMissing({ chunk, group }: ChunkGroup): boolean {
    const isFound = this.chunks.some(({ prefixHash }) => prefixHash === chunk.prefixHash);
    return isFound && !this.#board.isThere(this.#spanAt(chunk.startToken), group);
  }

  markLoaded({ chunk, group }: ChunkGroup): void {
    this.#board.markLoaded(this.#spanAt(chunk.startToken), group);
  }

  /** Bytes of stored values that are missing, but for those that only have to be decoded. */
  missingBytes(values: LoadedValues): number {
    let sum = 0;
    for (const chunk of this.chunks)
      for (const [group, bytes] of chunk.groupBytes.entries()) {
        const place = { chunk, group };
        if (this.isMissing(place) && !values.hasArrived(place)) sum += bytes;
      }
    return sum;
  }

  /** @param runnableLayers how many layers can run, from the first on */
  nextStep(
    runnableLayers: number,
    limits: Omit<StepLimits, "runnableGroups">,
  ): BoardStep | undefined {
    const { staircase } = this.plan;
    const runnableGroups = staircase.filter(({ layers }) => layers.end <= runnableLayers).length;
    return this.#board.nextStep({ ...limits, runnableGroups });
  }

  /** What a step runs, and through which layers. */
  rowsOf({ tokens: { start, end }, groups }: BoardStep): { tokens: number[]; layers: IndexRange } {
    const { staircase } = this.plan;
    const [first, last] = [at(staircase, groups.start), at(staircase, groups.end - 1)];
    const layers = { start: first.layers.start, end: last.layers.end };
    return { tokens: this.#tokens.slice(start, end), layers };
  }

  /** Whether the store has brought all that a step was to compute. */
  isBrought({ spans }: BoardStep): boolean {
    return this.#board.isComplete(spans.end - 1);
  }

  /** @param tokens how many of a step's were computed: fewer than it has if it was interrupted */
  markComputed(step: BoardStep, tokens: number): void {
    const whole = this.#board.markComputed(step, tokens);
    const isThroughAll = step.groups.start === 0 && step.groups.end === this.#board.groups;
    if (isThroughAll && whole < tokens)
      this.#partial = { span: this.#spanAt(step.tokens.start + whole), tokens: tokens - whole };
  }

  /**
   * Whether nothing is left but what a turn that waits would compute itself.
   *
   * @param isReading whether values still come
   */
  isLeftToTurn(isReading: boolean): boolean {
    const { spans, firstIncomplete } = this.#board;
    const isComing = ({ values }: Span) => isReading && values.some((value) => value !== undefined);
    return spans.every(
      (of, span) =>
        span < firstIncomplete ||
        !(this.#board.hasLoaded(span) || this.#board.isBegun(span) || isComing(of)),
    );
  }

  /**
   * The tokens that a waiting turn adds: they run through every layer that is ready, while deeper ones are
   * loaded. With one layer group there is nothing to run them through before all is there.
   */
  extend(next: readonly number[]): void {
    const known = this.#tokens;
    if (this.#board.groups < 2 || commonPrefix(known, next) < known.length) return;
    for (const tokens of chunksOf({ start: known.length, end: next.length }))
      this.#board.extend(tokens);
    this.#tokens = next;
  }

  /** Adds what has come to the resident sequence. @returns how many tokens were loaded, and how many recomputed */
  joinTo(
    resident: ResidentSequence,
    values: LoadedValues,
  ): { loadedTokens: number; recomputedTokens: number } {
    return joinRows(resident, {
      board: this.#board,
      tokens: this.#tokens,
      partial: this.#partial,
      foundAt: (startToken) => this.#foundAt(startToken),
      isStored: (startToken) => {
        const chunk = this.#foundAt(startToken);
        return chunk !== undefined && !values.hasRefused(chunk);
      },
    });
  }

  #foundAt(start: number): FoundChunk | undefined {
    return this.chunks.find(({ startToken }: ReadableChunk) => startToken === start);
  }

  /** The first span that ends behind a token. Its first tokens may be resident, and belong to no span. */
  #spanAt(token: number): number {
    return this.#board.spans.findIndex(({ end }) => end > token);
  }
}
