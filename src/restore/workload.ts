import { assert } from "../shared/assert.ts";
import { at, floatAt, intAt } from "../shared/at.ts";
import { decodeMs, layerMs, transferMs, type DeviceProfile } from "./device-profile.ts";
import { spansOf, type SavedSequence, type Span, type Staircase } from "./staircase.ts";

/** A staircase in counts: for each layer group, how many spans lie before its frontier. */
export type Cuts = readonly number[];

/**
 * A sequence with the price of everything that may be done to restore it. Values are numbered span by
 * span, `span × groups + group`.
 */
export interface Workload {
  saved: SavedSequence;
  spans: readonly Span[];
  groups: number;
  /** For each group, how many layers come before it; last, how many layers there are. */
  layersBefore: readonly number[];
  /** For each span, the time to compute one layer of it. */
  spanLayerMs: Float64Array;
  stepMs: number;
  /** For each span, how many groups must be computed, because the last of them is not stored. */
  holeDepth: Int32Array;
  /** The time to read each value: 0 where there is a hole at it or deeper, since it is never loaded then. */
  readMs: Float64Array;
  /** The time to decode each value, and its size. */
  decodeMs: Float64Array;
  bytes: Float64Array;
  /** For each group, when its weights are there: they are read before any rows. */
  weightsReadyMs: Float64Array;
  /** When all weights are there, those of layers that leave no rows too. */
  allWeightsMs: number;
  /** For each group, when it can be computed. */
  runnableMs: Float64Array;
}

export function priceWorkload(profile: DeviceProfile, saved: SavedSequence): Workload {
  const spans = spansOf(saved);
  const groups = saved.layerGroups.length;
  const layersBefore = [0, ...saved.layerGroups.map(({ end }) => end)];
  assert(
    saved.layerGroups.every(({ start }, group) => start === layersBefore[group]),
    "layer groups leave layers out",
  );
  const weightsMs = weightsReadyMs(profile, saved);
  const behind = saved.weightBytes.slice(layersBefore.at(-1));
  const work: Workload = {
    saved,
    spans,
    groups,
    layersBefore,
    spanLayerMs: Float64Array.from(spans, ({ start, end }) =>
      layerMs(profile.prefill, end - start, start),
    ),
    stepMs: profile.prefill.stepMs,
    holeDepth: Int32Array.from(spans, ({ values }) => values.lastIndexOf(undefined) + 1),
    readMs: new Float64Array(spans.length * groups),
    decodeMs: new Float64Array(spans.length * groups),
    bytes: new Float64Array(spans.length * groups),
    weightsReadyMs: weightsMs,
    allWeightsMs: floatAt(weightsMs, groups - 1) + readWeightsMs(profile, behind),
    runnableMs: weightsMs.map((ms) => Math.max(ms, saved.computeFromMs ?? 0)),
  };
  priceValues(profile, work);
  return work;
}

function priceValues(profile: DeviceProfile, work: Workload): void {
  for (const [span, { values }] of work.spans.entries()) {
    for (let group = intAt(work.holeDepth, span); group < work.groups; group++) {
      const value = values[group];
      if (!value) continue;
      const index = span * work.groups + group;
      work.bytes[index] = value.bytes;
      work.readMs[index] = transferMs(profile.read, value.bytes);
      work.decodeMs[index] = decodeMs(profile, value.family, value.bytes);
    }
  }
}

function weightsReadyMs(profile: DeviceProfile, saved: SavedSequence): Float64Array {
  let ms = 0;
  return Float64Array.from(saved.layerGroups, ({ start, end }) => {
    ms += readWeightsMs(profile, saved.weightBytes.slice(start, end));
    return ms;
  });
}

const readWeightsMs = ({ weights }: DeviceProfile, layerBytes: readonly number[]): number =>
  layerBytes.reduce((ms, bytes) => ms + (bytes > 0 ? transferMs(weights, bytes) : 0), 0);

/** For each span, how many groups the staircase computes. */
export function depthsOf({ spans, groups }: Workload, cuts: Cuts): Int32Array {
  let depth = groups;
  return Int32Array.from(spans, (_, span) => {
    while (depth > 0 && at(cuts, depth - 1) <= span) depth--;
    return depth;
  });
}

export function staircaseOf({ saved, spans }: Workload, cuts: Cuts): Staircase {
  return saved.layerGroups.map((layers, group) => {
    const cut = at(cuts, group);
    return { layers, frontier: cut > 0 ? at(spans, cut - 1).end : saved.residentTokens };
  });
}

export const cutsOf = ({ spans }: Workload, staircase: Staircase): number[] =>
  staircase.map(({ frontier }) => spans.filter(({ end }) => end <= frontier).length);
