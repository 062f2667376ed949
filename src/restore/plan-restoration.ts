/**
 * @file Decide what of a saved sequence is recomputed and what is loaded, and in which order.
 *
 * Rules, cited by number in the tests:
 * - RP1 The frontiers make a staircase: none grows with depth, and each lies between stored chunks.
 * - RP2 Every row of every layer that is not resident is recomputed or loaded, and none twice.
 * - RP3 Nothing is loaded that is not stored. A hole is recomputed, with all it takes (`staircase.ts`).
 * - RP4 Missing weights are read before any rows, layer by layer. Values before a hole are loaded before values
 *   behind it. Between holes they are loaded back to front and deepest layers first, so that those at the frontier
 *   come last. Where nothing but holes is computed, they are loaded layer by layer from the first layer on.
 * - RP5 By prediction, `auto` takes no longer than any other scheme: what the others would do is among its
 *   candidates. Where one stream is hopeless, `auto` therefore does without it.
 * - RP6 Of plans that take equally long, the one that keeps store and GPU busy for less time is taken.
 * - RP7 The same input makes the same plan.
 *
 * A plan need not be exact: the executor may move the frontier while it runs.
 */

import { at, intAt } from "../shared/at.ts";
import type { IndexRange } from "../shared/index-range.ts";
import type { DeviceProfile } from "./device-profile.ts";
import { predict, type Prediction } from "./predict.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import { SCHEMES } from "./schemes.ts";
import type { SavedSequence, Staircase } from "./staircase.ts";
import { loadOrder } from "./streams.ts";
import { cutsOf, depthsOf, priceWorkload, type Workload } from "./workload.ts";

/** Consecutive rows of consecutive layers. */
export interface Block {
  rows: IndexRange;
  layers: IndexRange;
}

export interface RestorationPlan {
  scheme: RestorationScheme;
  staircase: Staircase;
  /** Stored values, in the order in which to load them. */
  loads: readonly Block[];
  /** What the staircase recomputes, span by span, front to back. */
  recompute: readonly Block[];
  /** Holes, which are recomputed after the staircase, each when all rows before it are there. */
  holes: readonly Block[];
  prediction: Prediction;
}

export function planRestoration(
  profile: DeviceProfile,
  saved: SavedSequence,
  scheme: RestorationScheme = "auto",
): RestorationPlan {
  const work = priceWorkload(profile, saved);
  const staircase = SCHEMES[scheme](work);
  return { scheme, staircase, ...blocksOf(work, staircase), prediction: predict(work, staircase) };
}

function blocksOf(work: Workload, staircase: Staircase) {
  const cuts = cutsOf(work, staircase);
  const depths = depthsOf(work, cuts);
  const block = (span: number, from: number, to: number): Block => {
    const { start, end } = at(work.spans, span);
    const layers = { start: at(work.layersBefore, from), end: at(work.layersBefore, to) };
    return { rows: { start, end }, layers };
  };
  const { values, beforeHole } = loadOrder(work, cuts);
  const stairs = [...work.spans.keys()].filter((span) => intAt(depths, span) > 0);
  return {
    loads: values.map((value) => {
      const group = value % work.groups;
      return block(Math.floor(value / work.groups), group, group + 1);
    }),
    recompute: stairs.map((span) => block(span, 0, intAt(depths, span))),
    holes: [...beforeHole.keys()].map((span) =>
      block(span, intAt(depths, span), intAt(work.holeDepth, span)),
    ),
  };
}
