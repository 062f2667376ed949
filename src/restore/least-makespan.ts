import { at, intAt } from "../shared/at.ts";
import { estimateMs, TIE_BREAK, type Sums } from "./estimate.ts";
import { simulate } from "./predict.ts";
import { improve, type Candidate } from "./search.ts";
import type { Cuts, Workload } from "./workload.ts";

/** Values and steps that moves may simulate: a few milliseconds. Long sequences use it up at once. */
const MAX_SIMULATED = 40_000;

/**
 * The best of some staircases, by simulation; of equals the one that keeps store and GPU busy for less
 * time. The estimate is a lower bound: what it puts above the best so far needs no simulation.
 *
 * From there moves are tried by simulation too. It sees what the estimate leaves out: when the last
 * value is decoded, and what waits for a step. That matters for few spans, of which each is much of the
 * whole, and few spans are quickly simulated.
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
 * The same, but for what lies behind all that is stored: that is computed either way, and whether the
 * staircase counts it or not decides only if it is computed before what is loaded or after.
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
