/**
 * @file What of a restoration is there while it runs, and what is computed next.
 *
 * Rules, cited by number in the tests:
 * - RB1 A step takes consecutive spans through consecutive layer groups, on from the group that these spans were
 *   computed to. In each of these groups, all rows before the spans are there.
 * - RB2 First comes what the plan's staircase computes. Of several possible steps the shallowest is taken, and of
 *   these the foremost. So spans are taken through all their layers one after the other, and in rounds while
 *   weights stream in.
 * - RB3 Then come holes: spans with values that are not stored, down to the deepest of these values. Again the
 *   shallowest step is taken first, so they run through each layer group as soon as all rows before are there.
 * - RB4 Then, if the frontier may move, comes the first span that is not complete, down to its deepest missing
 *   value: the load stream would bring these values last.
 * - RB5 No span is computed deeper than the deepest value it misses.
 *
 * Both streams may bring the same value. The one that is first counts.
 */

import { at } from "../shared/at.ts";
import type { IndexRange } from "../shared/index-range.ts";
import type { Span, Staircase } from "./staircase.ts";

/** Consecutive spans that are computed through consecutive layer groups in one go. */
export interface BoardStep {
  spans: IndexRange;
  groups: IndexRange;
  tokens: IndexRange;
}

export interface StepLimits {
  /** How many groups can run, from the first on. */
  runnableGroups: number;
  /** Whether more may be computed than the plan says. */
  beyondPlan: boolean;
  /** Most tokens of a step that has several spans. */
  maxTokens: number;
}

export class RestorationBoard {
  readonly groups: number;
  readonly #spans: Span[];
  /** For each span, how many groups the plan computes. */
  readonly #planned: number[];
  /** For each span, how many groups are computed because the last of them is not stored. */
  readonly #holes: number[];
  /** For each span, how many groups it was computed through. */
  readonly #computed: number[];
  /** Whether a value was loaded, at `span × groups + group`. */
  readonly #loaded: boolean[];

  constructor(spans: readonly Span[], staircase: Staircase) {
    this.#spans = [...spans];
    this.groups = staircase.length;
    this.#planned = spans.map(
      ({ end }) => staircase.filter(({ frontier }) => frontier >= end).length,
    );
    this.#holes = spans.map(({ values }) => values.lastIndexOf(undefined) + 1);
    this.#computed = spans.map(() => 0);
    this.#loaded = new Array<boolean>(spans.length * this.groups).fill(false);
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Adds rows behind all others, of which nothing is stored: tokens of a turn that waits. */
  extend(tokens: IndexRange): void {
    const values = Array.from({ length: this.groups }, () => undefined);
    this.#spans.push({ ...tokens, values });
    this.#planned.push(0);
    this.#holes.push(this.groups);
    this.#computed.push(0);
    this.#loaded.push(...values.map(() => false));
  }

  /** Whether some layers of a span were computed, and some rows of it are missing. */
  isBegun(span: number): boolean {
    return at(this.#computed, span) > 0 && !this.isComplete(span);
  }

  isThere(span: number, group: number): boolean {
    return group < at(this.#computed, span) || this.#isLoaded(span, group);
  }

  /** Whether all rows of a span are there. */
  isComplete(span: number): boolean {
    return this.#depthOfMissing(span) === 0;
  }

  get isAllComplete(): boolean {
    return this.firstIncomplete === this.spans.length;
  }

  /** The first span of which rows are missing. The number of spans if there is none. */
  get firstIncomplete(): number {
    const first = this.spans.findIndex((_, span) => !this.isComplete(span));
    return first < 0 ? this.spans.length : first;
  }

  /** Whether some rows of a span came from the store. */
  hasLoaded(span: number): boolean {
    const start = span * this.groups;
    return this.#loaded.slice(start, start + this.groups).includes(true);
  }

  markLoaded(span: number, group: number): void {
    this.#loaded[span * this.groups + group] = true;
  }

  /** The first `tokens` of a step were computed. @returns how many of these make whole spans */
  markComputed({ spans, groups, tokens: { start } }: BoardStep, tokens: number): number {
    let whole = 0;
    for (let span = spans.start; span < spans.end; span++) {
      const end = at(this.#spans, span).end - start;
      if (end > tokens) break;
      this.#computed[span] = groups.end;
      whole = end;
    }
    return whole;
  }

  /** What is to be computed next. Undefined if nothing can be, for now or at all. */
  nextStep(limits: StepLimits): BoardStep | undefined {
    return (
      this.#stepDownTo(this.#planned, limits) ??
      this.#stepDownTo(this.#holes, limits) ??
      (limits.beyondPlan ? this.#foremostStep(limits) : undefined)
    );
  }

  /** @param depths for each span, down to which group it is to be computed */
  #stepDownTo(depths: readonly number[], limits: StepLimits): BoardStep | undefined {
    let best: BoardStep | undefined;
    for (const span of this.spans.keys()) {
      const depth = Math.min(at(depths, span), this.#depthOfMissing(span));
      const from = at(this.#computed, span);
      const to = this.#reach(span, Math.min(depth, limits.runnableGroups));
      if (to <= from || (best && best.groups.start <= from)) continue;
      best = this.#step(span, { start: from, end: to });
    }
    return best && this.#widened(best, depths, limits);
  }

  #foremostStep({ runnableGroups }: StepLimits): BoardStep | undefined {
    const span = this.firstIncomplete;
    if (span === this.spans.length) return undefined;
    const start = at(this.#computed, span);
    const end = Math.min(this.#depthOfMissing(span), runnableGroups);
    return end > start ? this.#step(span, { start, end }) : undefined;
  }

  /** Down to which group a span can be computed: as far as all rows before it are there. */
  #reach(span: number, depth: number): number {
    let to = at(this.#computed, span);
    while (to < depth && this.#areAllThere(span, to)) to++;
    return to;
  }

  #areAllThere(before: number, group: number): boolean {
    for (let span = 0; span < before; span++) if (!this.isThere(span, group)) return false;
    return true;
  }

  #step(span: number, groups: IndexRange): BoardStep {
    const { start, end } = at(this.#spans, span);
    return { spans: { start: span, end: span + 1 }, groups, tokens: { start, end } };
  }

  /** The step with the spans that follow, as far as they are to be computed through the same groups. */
  #widened(
    step: BoardStep,
    depths: readonly number[],
    { runnableGroups, maxTokens }: StepLimits,
  ): BoardStep {
    const { groups, tokens } = step;
    let { end } = step.spans;
    let endToken = tokens.end;
    for (; end < this.spans.length; end++) {
      const span = at(this.#spans, end);
      const missing = this.#depthOfMissing(end);
      const depth = Math.min(at(depths, end), missing, runnableGroups);
      if (span.start !== endToken || span.end - tokens.start > maxTokens) break;
      if (depth < groups.end || at(this.#computed, end) !== groups.start) break;
      endToken = span.end;
    }
    return {
      spans: { start: step.spans.start, end },
      groups,
      tokens: { ...tokens, end: endToken },
    };
  }

  /** How many groups it takes to reach the deepest value that a span misses. 0 if it misses none. */
  #depthOfMissing(span: number): number {
    let depth = this.groups;
    while (depth > 0 && this.isThere(span, depth - 1)) depth--;
    return depth;
  }

  #isLoaded(span: number, group: number): boolean {
    return at(this.#loaded, span * this.groups + group);
  }
}
