import { at, intAt } from "../shared/at.ts";
import { estimateMs, TIE_BREAK, type Sums } from "./estimate.ts";
import { simulate } from "./predict.ts";
import { improve, type Candidate } from "./search.ts";
import type { Cuts, Workload } from "./workload.ts";

/** Most values and steps that are simulated for moves: a few milliseconds. Long sequences use it up at once. */
const MAX_SIMULATED = 40_000;

/**
 * The staircase with the least makespan by simulation, among these and what moves lead to from the best of them.
 * Of equals, it is the one that keeps store and GPU busy for less time.
 *
 * The estimate is a lower bound: a staircase whose estimate is above the best makespan so far is not simulated.
 * The simulation sees what the estimate leaves out: when the last value is decoded, and what waits for a step.
 * That matters where a sequence has few spans, of which each is much of the whole, and few spans are quickly
 * simulated.
 */
export function leastMakespan(sums: Sums, all: readonly Cuts[]): Cuts {
  const { work } = sums;
  const least = simulateBest(sums, [...all, ...all.map((cuts) => withoutHoles(work, cuts))]);
  let left = MAX_SIMULATED;
  let leastMs = least.ms;
  const rate = (cuts: Cuts): Candidate => {
    if (left <= 0 || estimateMs(sums, cuts) >= leastMs) return { cuts, ms: Infinity };
    left -= work.spans.length * (work.groups + 1);
    const { makespanMs: ms } = simulate(work, cuts);
    leastMs = Math.min(leastMs, ms);
    return { cuts, ms };
  };
  return improve(work, least, { rate, maxMoves: MAX_SIMULATED / 40 }).cuts;
}

/**
 * The staircase without the spans behind the last stored value. They are computed either way. If the staircase
 * has them, they are computed before what is loaded has come, else after.
 */
function withoutHoles({ spans, groups, holeDepth }: Workload, cuts: Cuts): Cuts {
  const stored = spans.findLastIndex((_, span) => intAt(holeDepth, span) < groups) + 1;
  return cuts.map((cut) => Math.min(cut, stored));
}

function simulateBest(sums: Sums, all: readonly Cuts[]): Candidate {
  const distinct = new Map(all.map((cuts) => [cuts.join(), cuts]));
  const estimated = [...distinct.values()].map((cuts) => ({ cuts, ms: estimateMs(sums, cuts) }));
  let least = { cuts: at(all, 0), ms: Infinity, busyMs: Infinity };
  for (const { cuts, ms } of estimated.toSorted((a, b) => a.ms - b.ms)) {
    if (ms > least.ms * (1 + 2 * TIE_BREAK)) break;
    const { makespanMs, readMs, decodeMs, recomputeMs } = simulate(sums.work, cuts);
    const next = { cuts, ms: makespanMs, busyMs: readMs + decodeMs + recomputeMs };
    if ((next.ms - least.ms || next.busyMs - least.busyMs) < 0) least = next;
  }
  return least;
}
