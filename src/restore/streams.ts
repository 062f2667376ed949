import { depthsOf, type Cuts, type Workload } from "./workload.ts";

/** Some layer groups of a span, computed in one submission. */
export interface ComputeStep {
  span: number;
  fromGroup: number;
  toGroup: number;
  /** When the weights are there. */
  readyMs: number;
  /** How many values must have been loaded before. */
  afterLoads: number;
}

/** Values in the order in which they are loaded. */
export interface LoadOrder {
  values: readonly number[];
  /** Of a span with a hole: how many of these have to come first. */
  beforeSpan: ReadonlyMap<number, number>;
}

/**
 * What is before the last open hole comes first, front to back. The rest comes back to front and the
 * deepest group first, so that what lies at the frontier is last, and whoever is ahead can take it.
 */
export function loadOrder(work: Workload, cuts: Cuts): LoadOrder {
  const { groups, holeDepth, spans } = work;
  const depths = depthsOf(work, cuts);
  const isHole = (span: number) => (holeDepth[span] ?? 0) > (depths[span] ?? 0);
  const firstLoaded = (span: number) => Math.max(holeDepth[span] ?? 0, depths[span] ?? 0);
  let lastHole = spans.length - 1;
  while (lastHole >= 0 && !isHole(lastHole)) lastHole--;
  const values: number[] = [];
  const beforeSpan = new Map<number, number>();
  for (let span = 0; span <= lastHole; span++) {
    if (isHole(span)) beforeSpan.set(span, values.length);
    for (let group = firstLoaded(span); group < groups; group++) values.push(span * groups + group);
  }
  for (let span = spans.length - 1; span > lastHole; span--)
    for (let group = groups - 1; group >= firstLoaded(span); group--)
      values.push(span * groups + group);
  return { values, beforeSpan };
}

/**
 * What is computed next: in rounds, each of which takes the spans front to back through all layers whose
 * weights had come when it began. With all weights there one round does it all; while they stream in, the
 * GPU follows them layer by layer. Then the holes.
 */
export class ComputeStream {
  readonly #work: Workload;
  readonly #depths: Int32Array;
  readonly #holes: readonly [span: number, afterLoads: number][];
  /** Groups that the round before and this one compute. */
  #roundFrom = 0;
  #roundTo = 0;
  #roundReadyMs = 0;
  #span = 0;
  #hole = 0;

  constructor(work: Workload, cuts: Cuts, loads: LoadOrder) {
    this.#work = work;
    this.#depths = depthsOf(work, cuts);
    this.#holes = [...loads.beforeSpan];
  }

  /** The same until it is taken. */
  peek(nowMs: number): ComputeStep | undefined {
    while ((this.#depths[0] ?? 0) > this.#roundFrom) {
      const depth = this.#depths[this.#span] ?? 0;
      if (depth > this.#roundFrom && this.#roundTo > this.#roundFrom) return this.#stairStep(depth);
      this.#nextRound(nowMs);
    }
    return this.#holeStep();
  }

  take(): void {
    if ((this.#depths[0] ?? 0) > this.#roundFrom) this.#span++;
    else this.#hole++;
  }

  #stairStep(depth: number): ComputeStep {
    const [fromGroup, toGroup] = [this.#roundFrom, Math.min(depth, this.#roundTo)];
    const readyMs = this.#roundReadyMs;
    return { span: this.#span, fromGroup, toGroup, readyMs, afterLoads: 0 };
  }

  /** Through what there is of weights by now, or through the next group when it comes. */
  #nextRound(nowMs: number): void {
    const { weightsReadyMs, groups } = this.#work;
    this.#span = 0;
    this.#roundFrom = this.#roundTo;
    if (this.#roundTo === groups) return;
    this.#roundReadyMs = weightsReadyMs[this.#roundTo] ?? 0;
    this.#roundTo++;
    const untilMs = Math.max(nowMs, this.#roundReadyMs);
    while (this.#roundTo < groups && (weightsReadyMs[this.#roundTo] ?? 0) <= untilMs)
      this.#roundTo++;
  }

  #holeStep(): ComputeStep | undefined {
    const [span, afterLoads] = this.#holes[this.#hole] ?? [];
    if (span === undefined || afterLoads === undefined) return undefined;
    const { holeDepth, weightsReadyMs } = this.#work;
    const toGroup = holeDepth[span] ?? 0;
    const readyMs = weightsReadyMs[toGroup - 1] ?? 0;
    return { span, fromGroup: this.#depths[span] ?? 0, toGroup, readyMs, afterLoads };
  }
}
