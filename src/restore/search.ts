/**
 * @file Look for the staircase with the least makespan, by its estimate (`estimateMs`: a sum over the
 * layer groups, less than a microsecond).
 *
 * The search covers
 * - pyramids of several slopes, from flat ones (Cake) to steps (layer-wise), at many heights;
 * - two-level staircases: one frontier for the groups above some depth, another one for the rest;
 * - moves from the best of these, as long as they help: one frontier up or down by 1, 2, 4, … spans, then two
 *   frontiers at once, one up and the other down.
 *
 * Why that is enough: the makespan is the time of the longer of the two streams, and each stream's time is a sum
 * over values and steps. Along any chain of staircases from full load to full recompute one stream's time falls
 * and the other's grows, so every chain has a balance. Near it the chains differ only in what they trade:
 * recomputing is cheapest in front (fewer positions to attend to), loading is cheapest where values are small,
 * and on a cold resume the upper layers can be computed first. The two families cover these trades, and moves in
 * pairs find what lies between them. `search.test.ts` compares the result with all staircases of small cases.
 */

import { at } from "../shared/at.ts";
import { estimateMs, type Sums } from "./estimate.ts";
import type { Cuts, Workload } from "./workload.ts";

export interface Candidate {
  cuts: Cuts;
  ms: number;
}

/** By how much a pyramid falls from the first group to the last, as a share of the sequence: 0 is flat. */
const SLOPES = [0, 0.25, 0.5, 1, 2, 6, 24];
/** Heights at which a pyramid is tried. */
const HEIGHTS = 32;
/** Steps of the heights of a two-level staircase. */
const LEVELS = 6;
/** Most depths at which two levels may meet. */
const DEPTHS = 8;
/** How many of the best staircases moves are tried from. */
const STARTS = 3;
/** Most moves that are tried from each start, so that planning takes a few milliseconds. */
const MAX_MOVES = 500;

/** The best staircases found, best first. */
export function searchStaircases(sums: Sums, estimate = estimateMs): Candidate[] {
  const { work } = sums;
  const rate = (cuts: Cuts): Candidate => ({ cuts, ms: estimate(sums, cuts) });
  const starts = [
    ...SLOPES.map((slope) => best(pyramids(work, slope).map(rate))),
    best(twoLevels(work).map(rate)),
  ];
  const chosen = starts.toSorted(byTime).slice(0, STARTS);
  const improved = chosen.map((start) => improve(work, start, { rate, maxMoves: MAX_MOVES }));
  return [...improved, ...chosen].toSorted(byTime).slice(0, STARTS);
}

const byTime = (a: Candidate, b: Candidate): number => a.ms - b.ms;

/** The candidate that takes least time. Of equals, it is the first. */
export const best = (candidates: readonly Candidate[]): Candidate =>
  candidates.reduce((one, other) => (other.ms < one.ms ? other : one));

/** Pyramids from nothing to everything recomputed: flat ones at every height, others at `HEIGHTS` heights. */
export function pyramids({ spans, groups }: Workload, slope: number): Cuts[] {
  const heights = slope === 0 ? spans.length : HEIGHTS;
  return Array.from({ length: heights + 1 }, (_, height) =>
    Array.from({ length: groups }, (_, group) => {
      const depth = groups > 1 ? group / (groups - 1) : 0;
      const share = (height / Math.max(heights, 1)) * (1 + slope) - slope * depth;
      return Math.round(Math.min(Math.max(share, 0), 1) * spans.length);
    }),
  );
}

function twoLevels({ spans, groups }: Workload): Cuts[] {
  const found: Cuts[] = [];
  const at = (level: number) => Math.round((level / LEVELS) * spans.length);
  for (let depth = 1; depth < groups; depth += Math.ceil(groups / DEPTHS))
    for (let upper = 0; upper <= LEVELS; upper++)
      for (let lower = 0; lower <= upper; lower++)
        found.push(Array.from({ length: groups }, (_, i) => at(i < depth ? upper : lower)));
  return found.length > 0 ? found : [[...Array(groups).keys()].map(() => 0)];
}

/** Takes every move that helps, until none does or `maxMoves` have been tried. */
export function improve(
  work: Workload,
  start: Candidate,
  { rate, maxMoves }: { rate: (cuts: Cuts) => Candidate; maxMoves: number },
): Candidate {
  const spans = work.spans.length;
  let now = start;
  let moves = maxMoves;
  const attempt = (cuts: Cuts): boolean => {
    moves--;
    const next = rate(cuts);
    if (next.ms >= now.ms) return false;
    now = next;
    return true;
  };
  for (let helped = true; helped && moves > 0;) {
    helped = false;
    for (const move of singleMoves(work)) if (attempt(move(now.cuts, spans))) helped = true;
    if (helped) continue;
    for (const move of pairMoves(work))
      if (moves > 0 && attempt(move(now.cuts, spans))) helped = true;
  }
  return now;
}

type Move = (cuts: Cuts, spans: number) => Cuts;

/** Moves one group's frontier, and those of other groups as far as it must for the result to be a staircase. */
const moved =
  (group: number, by: number): Move =>
  (cuts, spans) => {
    const to = Math.min(Math.max(at(cuts, group) + by, 0), spans);
    if (by > 0) return cuts.map((cut, i) => (i <= group ? Math.max(cut, to) : cut));
    return cuts.map((cut, i) => (i >= group ? Math.min(cut, to) : cut));
  };

function singleMoves({ groups, spans }: Workload): Move[] {
  const moves: Move[] = [];
  for (let by = 2 ** Math.floor(Math.log2(Math.max(spans.length, 1))); by >= 1; by /= 2)
    for (let group = 0; group < groups; group++) moves.push(moved(group, by), moved(group, -by));
  return moves;
}

function* pairMoves({ groups }: Workload): Generator<Move> {
  for (let up = 0; up < groups; up++)
    for (let down = 0; down < groups; down++)
      if (up !== down) yield (cuts, spans) => moved(down, -1)(moved(up, 1)(cuts, spans), spans);
}
