import { at, floatAt, intAt } from "../shared/at.ts";
import type { Cuts, Workload } from "./workload.ts";

/** Sums over a workload, from which a staircase's makespan is estimated without simulating it. */
export interface Sums {
  work: Workload;
  /** For each span, the time to compute one layer of all spans before it; last, of all spans. */
  layerMsBefore: Float64Array;
  /** The time to read the values of a group from the cut on, at `group × (spans + 1) + cut`. */
  readMsFrom: Float64Array;
  /** The same for decoding them. */
  decodeMsFrom: Float64Array;
  /** The same for computing the rows that lie on the way to a hole. */
  holeMsFrom: Float64Array;
  /** First span of each run of spans with holes. */
  holeRuns: readonly number[];
}

export function sumWorkload(work: Workload): Sums {
  const { spans, groups, spanLayerMs, holeDepth } = work;
  const layerMsBefore = new Float64Array(spans.length + 1);
  for (let span = 0; span < spans.length; span++)
    layerMsBefore[span + 1] = floatAt(layerMsBefore, span) + floatAt(spanLayerMs, span);
  const isHole = (span: number) => intAt(holeDepth, span) > 0;
  return {
    work,
    layerMsBefore,
    readMsFrom: sumsFrom(work, (span, group) => floatAt(work.readMs, span * groups + group)),
    decodeMsFrom: sumsFrom(work, (span, group) => floatAt(work.decodeMs, span * groups + group)),
    holeMsFrom: sumsFrom(work, (span, group) =>
      group < intAt(holeDepth, span)
        ? layersOf(work, group) * floatAt(spanLayerMs, span) + (group === 0 ? work.stepMs : 0)
        : 0,
    ),
    holeRuns: [...spans.keys()].filter((span) => isHole(span) && (span === 0 || !isHole(span - 1))),
  };
}

const layersOf = ({ layersBefore }: Workload, group: number): number =>
  at(layersBefore, group + 1) - at(layersBefore, group);

function sumsFrom(
  { spans, groups }: Workload,
  msOf: (span: number, group: number) => number,
): Float64Array {
  const stride = spans.length + 1;
  const sums = new Float64Array(groups * stride);
  for (let group = 0; group < groups; group++)
    for (let span = spans.length - 1; span >= 0; span--) {
      const index = group * stride + span;
      sums[index] = floatAt(sums, index + 1) + msOf(span, group);
    }
  return sums;
}

/** A difference of sums may be off by this much. */
const ROUNDING_MS = 1e-6;
/** The share of all work that is added to a makespan: of equal makespans, the one with less work is taken. */
export const TIE_BREAK = 1e-6;

/**
 * A lower bound of the makespan, up to the tie break, and mostly close to it. It is the longest of three times:
 * what the store takes; what the GPU takes, from the arrival of each group's weights on; and what the holes take
 * in their last layers, once the rows before them have been read. It leaves out that the last value is decoded at
 * the end, and that weights which stream in cut computing into more steps.
 */
export function estimateMs(sums: Sums, cuts: Cuts): number {
  const { work } = sums;
  const stride = work.spans.length + 1;
  let readMs = 0;
  let decodeMs = 0;
  let holeMs = 0;
  for (let group = 0; group < work.groups; group++) {
    const index = group * stride + at(cuts, group);
    readMs += floatAt(sums.readMsFrom, index);
    decodeMs += floatAt(sums.decodeMsFrom, index);
    holeMs += floatAt(sums.holeMsFrom, index);
  }
  const storeMs = work.allWeightsMs + readMs;
  const restMs = decodeMs + holeMs;
  const { endMs, computeMs } = computeEnd(sums, cuts, restMs);
  const longestMs = Math.max(storeMs, endMs, holesEnd(sums, cuts, storeMs));
  return longestMs + TIE_BREAK * (readMs + restMs + computeMs);
}

/**
 * When the GPU is done. On one machine, work that is released bit by bit ends at the maximum, over all releases,
 * of the time of the release and the work that was not released before.
 */
function computeEnd({ work, layerMsBefore }: Sums, cuts: Cuts, restMs: number) {
  let computeMs = 0;
  let endMs = restMs;
  // Steps count with the first group only: some may be over before the weights of deeper groups come.
  const stepsMs = at(cuts, 0) * work.stepMs;
  for (let group = work.groups - 1; group >= 0; group--) {
    const cut = at(cuts, group);
    if (cut === 0) continue;
    computeMs += layersOf(work, group) * floatAt(layerMsBefore, cut);
    if (group === 0) computeMs += stepsMs;
    endMs = Math.max(endMs, floatAt(work.runnableMs, group) + computeMs + restMs);
  }
  return { endMs, computeMs };
}

function holesEnd({ work, readMsFrom, holeMsFrom, holeRuns }: Sums, cuts: Cuts, storeMs: number) {
  const stride = work.spans.length + 1;
  let endMs = 0;
  for (const run of holeRuns) {
    let beforeMs = storeMs - work.allWeightsMs;
    let lastMs = 0;
    for (let group = 0; group < work.groups; group++) {
      const index = group * stride + Math.max(run, at(cuts, group));
      beforeMs -= floatAt(readMsFrom, index);
      // Before the last value came, the holes may have run through the groups above.
      lastMs = group === 0 && work.groups > 1 ? 0 : floatAt(holeMsFrom, index);
    }
    // A run that waits for nothing is computed like the staircase, and counted there.
    if (beforeMs > ROUNDING_MS) endMs = Math.max(endMs, work.allWeightsMs + beforeMs + lastMs);
  }
  return endMs;
}
