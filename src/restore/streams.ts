import { at, floatAt, intAt } from "../shared/at.ts";
import { depthsOf, type Cuts, type Workload } from "./workload.ts";

/** Some layer groups of a span, computed in one submission. */
export interface ComputeStep {
  span: number;
  fromGroup: number;
  toGroup: number;
  /** When the weights and the kernels are there. */
  readyMs: number;
  /** How many values must have been decoded before. */
  afterLoads: number;
}

/** Values in the order in which they are loaded. */
export interface LoadOrder {
  values: readonly number[];
  /** For each span with a hole, and each group that it is computed through: how many values must come before. */
  beforeHole: ReadonlyMap<number, readonly number[]>;
}

/**
 * The order in which values are loaded. Those before a hole come before those behind it, so that the hole can be
 * computed meanwhile. Between two holes they come back to front and the deepest group first: the values at the
 * frontier come last, so that the stream that is ahead of the other can take them.
 *
 * Where nothing but holes is computed, there is no frontier. Then the values before a hole come layer by layer from
 * the first layer on, and the hole, for example a new message, runs through each layer as soon as it is complete.
 */
export function loadOrder(work: Workload, cuts: Cuts): LoadOrder {
  const { groups, holeDepth, spans } = work;
  const depths = depthsOf(work, cuts);
  const hasFrontier = at(cuts, 0) > 0;
  const groupOf = (value: number) => value % groups;
  const values: number[] = [];
  const holes: number[] = [];
  let stretch: number[] = [];
  for (const span of spans.keys()) {
    const [depth, missing] = [intAt(depths, span), intAt(holeDepth, span)];
    if (missing > depth) {
      if (hasFrontier) stretch.reverse();
      else stretch.sort((a, b) => groupOf(a) - groupOf(b) || b - a);
      values.push(...stretch);
      stretch = [];
      holes.push(span);
    }
    for (let group = Math.max(missing, depth); group < groups; group++)
      stretch.push(span * groups + group);
  }
  values.push(...stretch.reverse());
  return { values, beforeHole: new Map(holes.map((span) => [span, needsOf(work, values, span)])) };
}

/** For each group of a hole, how many values have to come before all rows before it are there. */
function needsOf({ groups, holeDepth }: Workload, values: readonly number[], hole: number) {
  const needs = new Array<number>(intAt(holeDepth, hole)).fill(0);
  for (const [i, value] of values.entries()) {
    const group = value % groups;
    if (Math.floor(value / groups) < hole && group < needs.length) needs[group] = i + 1;
  }
  let most = 0;
  return needs.map((need) => (most = Math.max(most, need)));
}

/**
 * What is computed next. The staircase is computed in rounds: each takes the spans front to back through all layers
 * whose weights had come when it began. With all weights there, one round does it all. While they stream in, the
 * GPU follows them layer by layer. After the staircase come the holes, the shallowest first, each as deep as the
 * rows before it are there.
 */
export class ComputeStream {
  readonly #work: Workload;
  readonly #depths: Int32Array;
  /** How many groups the staircase computes of the first span. It computes no more of any other. */
  readonly #deepest: number;
  readonly #holes: Hole[];
  /** Down to which group the round before and this one compute. */
  #roundFrom = 0;
  #roundTo = 0;
  #roundReadyMs = 0;
  #span = 0;

  constructor(work: Workload, cuts: Cuts, loads: LoadOrder) {
    this.#work = work;
    this.#depths = depthsOf(work, cuts);
    this.#deepest = work.spans.length > 0 ? intAt(this.#depths, 0) : 0;
    this.#holes = [...loads.beforeHole].map(([span, needs]) => {
      return { span, needs, from: intAt(this.#depths, span) };
    });
  }

  /**
   * The next step. It stays the same until it is taken, or until more has been loaded.
   *
   * @param loaded how many values were decoded
   */
  peek(nowMs: number, loaded: number): ComputeStep | undefined {
    while (this.#deepest > this.#roundFrom) {
      const depth = this.#span < this.#depths.length ? intAt(this.#depths, this.#span) : 0;
      if (depth > this.#roundFrom && this.#roundTo > this.#roundFrom) return this.#stairStep(depth);
      this.#nextRound(nowMs);
    }
    return this.#holeStep(nowMs, loaded);
  }

  take({ span, toGroup }: ComputeStep): void {
    if (this.#deepest > this.#roundFrom) this.#span++;
    else {
      const hole = this.#holes.find((one) => one.span === span);
      if (hole) hole.from = toGroup;
    }
  }

  #stairStep(depth: number): ComputeStep {
    const [fromGroup, toGroup] = [this.#roundFrom, Math.min(depth, this.#roundTo)];
    const readyMs = this.#roundReadyMs;
    return { span: this.#span, fromGroup, toGroup, readyMs, afterLoads: 0 };
  }

  /** A round goes through the groups whose weights are there by now, or through the next group when they come. */
  #nextRound(nowMs: number): void {
    const { runnableMs, groups } = this.#work;
    this.#span = 0;
    this.#roundFrom = this.#roundTo;
    if (this.#roundTo === groups) return;
    this.#roundReadyMs = floatAt(runnableMs, this.#roundTo);
    this.#roundTo++;
    const untilMs = Math.max(nowMs, this.#roundReadyMs);
    while (this.#roundTo < groups && floatAt(runnableMs, this.#roundTo) <= untilMs) this.#roundTo++;
  }

  #holeStep(nowMs: number, loaded: number): ComputeStep | undefined {
    let best: Hole | undefined;
    let reach = Infinity;
    let bestReach = 0;
    for (const hole of this.#holes) {
      if (
        hole.from < hole.needs.length &&
        hole.from < reach &&
        hole.from < (best?.from ?? Infinity)
      )
        [best, bestReach] = [hole, Math.min(reach, hole.needs.length)];
      // The holes behind this one go no deeper.
      if (hole.from < hole.needs.length) reach = Math.min(reach, hole.from);
    }
    return best && this.#holeStepOf(best, { nowMs, loaded, reach: bestReach });
  }

  #holeStepOf(
    { span, needs, from }: Hole,
    { nowMs, loaded, reach }: { nowMs: number; loaded: number; reach: number },
  ): ComputeStep {
    const { runnableMs } = this.#work;
    const isReady = (group: number) =>
      at(needs, group) <= loaded && floatAt(runnableMs, group) <= nowMs;
    let toGroup = from + 1;
    while (toGroup < reach && isReady(toGroup)) toGroup++;
    const readyMs = floatAt(runnableMs, toGroup - 1);
    return { span, fromGroup: from, toGroup, readyMs, afterLoads: at(needs, toGroup - 1) };
  }
}

/** A span with a hole, and down to which group it was computed. */
interface Hole {
  span: number;
  needs: readonly number[];
  from: number;
}
