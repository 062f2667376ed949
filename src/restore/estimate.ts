import { allWeightsMs, type Cuts, type Workload } from "./workload.ts";

/** Sums over a workload from which a staircase's makespan can be told without simulating it. */
export interface Sums {
  work: Workload;
  /** Time to compute one layer of all spans before each. */
  layerMsBefore: Float64Array;
  /** For each group, `group × (spans + 1) + cut`: of its values from the cut on. */
  readMsFrom: Float64Array;
  decodeMsFrom: Float64Array;
  /** The same of the rows that have to be computed on the way to a hole. */
  holeMsFrom: Float64Array;
  /** First span of each run of spans with holes. */
  holeRuns: readonly number[];
}

export function sumWorkload(work: Workload): Sums {
  const { spans, groups, spanLayerMs, holeDepth } = work;
  const layerMsBefore = new Float64Array(spans.length + 1);
  for (let span = 0; span < spans.length; span++)
    layerMsBefore[span + 1] = (layerMsBefore[span] ?? 0) + (spanLayerMs[span] ?? 0);
  const isHole = (span: number) => (holeDepth[span] ?? 0) > 0;
  return {
    work,
    layerMsBefore,
    readMsFrom: sumsFrom(work, (span, group) => work.readMs[span * groups + group] ?? 0),
    decodeMsFrom: sumsFrom(work, (span, group) => work.decodeMs[span * groups + group] ?? 0),
    holeMsFrom: sumsFrom(work, (span, group) =>
      group < (holeDepth[span] ?? 0)
        ? layersOf(work, group) * (spanLayerMs[span] ?? 0) + (group === 0 ? work.stepMs : 0)
        : 0,
    ),
    holeRuns: [...spans.keys()].filter((span) => isHole(span) && (span === 0 || !isHole(span - 1))),
  };
}

const layersOf = ({ layersBefore }: Workload, group: number): number =>
  (layersBefore[group + 1] ?? 0) - (layersBefore[group] ?? 0);

function sumsFrom(
  { spans, groups }: Workload,
  msOf: (span: number, group: number) => number,
): Float64Array {
  const stride = spans.length + 1;
  const sums = new Float64Array(groups * stride);
  for (let group = 0; group < groups; group++)
    for (let span = spans.length - 1; span >= 0; span--) {
      const at = group * stride + span;
      sums[at] = (sums[at + 1] ?? 0) + msOf(span, group);
    }
  return sums;
}

/** A difference of sums may be off by so much. */
const ROUNDING_MS = 1e-6;
/** Equal makespans differ by so little of the work: the one with less of it is taken. */
export const TIE_BREAK = 1e-6;

/**
 * A lower bound of the makespan, up to the tie break, and mostly close to it: how long the store takes,
 * how long the GPU does from the arrival of each group's weights on, and how long the holes do in their
 * last layers once what is before them has been read; the longest of these. What it leaves out: the last value's decoding, and
 * that weights which stream in cut computing into more steps.
 */
export function estimateMs(sums: Sums, cuts: Cuts): number {
  const { work } = sums;
  const stride = work.spans.length + 1;
  let readMs = 0;
  let decodeMs = 0;
  let holeMs = 0;
  for (let group = 0; group < work.groups; group++) {
    const at = group * stride + (cuts[group] ?? 0);
    readMs += sums.readMsFrom[at] ?? 0;
    decodeMs += sums.decodeMsFrom[at] ?? 0;
    holeMs += sums.holeMsFrom[at] ?? 0;
  }
  const storeMs = allWeightsMs(work) + readMs;
  const restMs = decodeMs + holeMs;
  const { endMs, computeMs } = computeEnd(sums, cuts, restMs);
  const longestMs = Math.max(storeMs, endMs, holesEnd(sums, cuts, storeMs));
  return longestMs + TIE_BREAK * (readMs + restMs + computeMs);
}

/** On one machine, work that is released bit by bit ends by whichever release has most work behind it. */
function computeEnd({ work, layerMsBefore }: Sums, cuts: Cuts, restMs: number) {
  let computeMs = 0;
  let endMs = restMs;
  // Some steps may be over before the deeper groups' weights come.
  const stepsMs = (cuts[0] ?? 0) * work.stepMs;
  for (let group = work.groups - 1; group >= 0; group--) {
    const cut = cuts[group] ?? 0;
    if (cut === 0) continue;
    computeMs += layersOf(work, group) * (layerMsBefore[cut] ?? 0);
    if (group === 0) computeMs += stepsMs;
    endMs = Math.max(endMs, (work.runnableMs[group] ?? 0) + computeMs + restMs);
  }
  return { endMs, computeMs };
}

function holesEnd({ work, readMsFrom, holeMsFrom, holeRuns }: Sums, cuts: Cuts, storeMs: number) {
  const stride = work.spans.length + 1;
  let endMs = 0;
  for (const run of holeRuns) {
    let beforeMs = storeMs - allWeightsMs(work);
    let lastMs = 0;
    for (let group = 0; group < work.groups; group++) {
      const at = group * stride + Math.max(run, cuts[group] ?? 0);
      beforeMs -= readMsFrom[at] ?? 0;
      // They may have run through the groups above before the last value came.
      lastMs = group === 0 && work.groups > 1 ? 0 : (holeMsFrom[at] ?? 0);
    }
    // Without anything to wait for they are no different from what the staircase computes.
    if (beforeMs > ROUNDING_MS) endMs = Math.max(endMs, allWeightsMs(work) + beforeMs + lastMs);
  }
  return endMs;
}
