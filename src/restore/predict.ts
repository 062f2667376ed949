/**
 * @file How long a staircase takes, by simulating both streams at once.
 *
 * The load stream reads value after value from the store: first the weights that are missing, layer by layer,
 * then the rows (`loadOrder`). All of it has to be read in any case, and with the weights first the GPU can
 * recompute soonest. (Where it recomputes nothing and decodes slowly, rows first would be better: decoding would
 * overlap with reading the weights.) While the store reads on, the GPU decodes the values that have come.
 *
 * The compute stream runs the staircase front to back (`ComputeStream`). The GPU has one queue, so a value is
 * decoded between two steps of computing. The prediction therefore includes that a slow decoder holds up
 * computing. It does not include that readers and a software GPU share the same cores.
 *
 * A layer is ready when both streams have brought all its rows. The makespan ends with the last layer.
 */

import { at, floatAt, intAt } from "../shared/at.ts";
import type { IndexRange } from "../shared/index-range.ts";
import type { Staircase } from "./staircase.ts";
import { ComputeStream, loadOrder, type ComputeStep } from "./streams.ts";
import { cutsOf, depthsOf, type Cuts, type Workload } from "./workload.ts";

/** What the store or the GPU does for a while, without a pause. */
export interface Busy {
  startMs: number;
  endMs: number;
  work: "weights" | "read" | "decode" | "recompute";
  rows: IndexRange;
  layers: IndexRange;
}

export interface Prediction {
  makespanMs: number;
  /**
   * Time in which the store idles and time in which the GPU does, while the other still works, over the
   * makespan: 0 when both are busy to the end, 1 when all is done by one of them.
   */
  bubbleRatio: number;
  /** The times of each kind of work. They overlap, so their sum may be more than the makespan. */
  weightsMs: number;
  readMs: number;
  decodeMs: number;
  recomputeMs: number;
  /** Bytes of the stored rows that are read, without weights. */
  readBytes: number;
  /** Rows, that is tokens × layers. */
  loadedRows: number;
  recomputedRows: number;
  /** For each layer, when all its rows are there. */
  layersReadyMs: readonly number[];
  timeline: { store: readonly Busy[]; gpu: readonly Busy[] };
}

type Note = (lane: "store" | "gpu", busy: Busy) => void;

/** The times of a simulation, without its timeline. */
export interface Simulation {
  makespanMs: number;
  readMs: number;
  decodeMs: number;
  recomputeMs: number;
  groupsReadyMs: Float64Array;
}

export function predict(work: Workload, staircase: Staircase): Prediction {
  const cuts = cutsOf(work, staircase);
  const timeline = { store: [] as Busy[], gpu: [] as Busy[] };
  const { groupsReadyMs, ...times } = simulate(work, cuts, (lane, busy) =>
    append(timeline[lane], busy),
  );
  const weightsMs = work.allWeightsMs;
  const { makespanMs, readMs, decodeMs, recomputeMs } = times;
  const idleMs = 2 * makespanMs - weightsMs - readMs - decodeMs - recomputeMs;
  return {
    ...times,
    weightsMs,
    // Clamped, since sums of the same times in another order differ in their last digits.
    bubbleRatio: makespanMs > 0 ? Math.min(1, Math.max(0, idleMs / makespanMs)) : 0,
    ...amounts(work, cuts),
    layersReadyMs: work.saved.layerGroups.flatMap(({ start, end }, group) =>
      Array.from({ length: end - start }, () => floatAt(groupsReadyMs, group)),
    ),
    timeline,
  };
}

function amounts(work: Workload, cuts: Cuts) {
  const depths = depthsOf(work, cuts);
  const sums = { readBytes: 0, loadedRows: 0, recomputedRows: 0 };
  for (const [span, { start, end }] of work.spans.entries()) {
    const computed = Math.max(intAt(depths, span), intAt(work.holeDepth, span));
    const layers = at(work.layersBefore, computed);
    sums.recomputedRows += layers * (end - start);
    sums.loadedRows += (at(work.layersBefore, work.groups) - layers) * (end - start);
    for (let group = computed; group < work.groups; group++)
      sums.readBytes += floatAt(work.bytes, span * work.groups + group);
  }
  return sums;
}

/** Adds to a lane. Work on the same rows without a pause is joined to one piece. */
function append(lane: Busy[], busy: Busy): void {
  const last = lane.at(-1);
  const isSame =
    last?.work === busy.work &&
    last.rows.start === busy.rows.start &&
    last.endMs === busy.startMs &&
    busy.work !== "weights" &&
    busy.work !== "recompute";
  if (!isSame) {
    lane.push(busy);
    return;
  }
  last.endMs = busy.endMs;
  const { start, end } = busy.layers;
  last.layers = {
    start: Math.min(last.layers.start, start),
    end: Math.max(last.layers.end, end),
  };
}

export function simulate(work: Workload, cuts: Cuts, note?: Note): Simulation {
  const loads = loadOrder(work, cuts);
  const readEndMs = readAll(work, loads.values, note);
  const compute = new ComputeStream(work, cuts, loads);
  const gpu = new GpuQueue(work, note);
  const decodeFromMs = work.saved.decodeFromMs ?? 0;
  let decoded = 0;
  for (;;) {
    const step = compute.peek(gpu.freeMs, decoded);
    const canStep = step !== undefined && step.afterLoads <= decoded;
    const stepAtMs = canStep ? Math.max(gpu.freeMs, step.readyMs) : Infinity;
    const readMs = decoded < readEndMs.length ? floatAt(readEndMs, decoded) : Infinity;
    const decodeAtMs = Math.max(gpu.freeMs, decodeFromMs, readMs);
    if (decodeAtMs <= stepAtMs && decodeAtMs < Infinity) {
      gpu.decode(at(loads.values, decoded++), decodeAtMs);
    } else if (canStep) {
      gpu.compute(step, stepAtMs);
      compute.take(step);
    } else break;
  }
  const weightsMs = work.allWeightsMs;
  const readsEndMs = readEndMs.at(-1) ?? weightsMs;
  return {
    makespanMs: Math.max(gpu.freeMs, readsEndMs),
    readMs: readsEndMs - weightsMs,
    decodeMs: gpu.decodeMs,
    recomputeMs: gpu.recomputeMs,
    groupsReadyMs: gpu.groupsReadyMs,
  };
}

/** When each value has been read: one after the other, behind the weights. */
function readAll(work: Workload, values: readonly number[], note?: Note): Float64Array {
  if (note) noteWeights(work, note);
  let endMs = work.allWeightsMs;
  return Float64Array.from(values, (value) => {
    const startMs = endMs;
    endMs += floatAt(work.readMs, value);
    note?.("store", { startMs, endMs, work: "read", ...placeOf(work, value) });
    return endMs;
  });
}

function noteWeights(work: Workload, note: Note): void {
  let startMs = 0;
  const rows = { start: 0, end: 0 };
  const noteUntil = (endMs: number, layers: IndexRange): void => {
    if (endMs > startMs) note("store", { startMs, endMs, work: "weights", rows, layers });
    startMs = endMs;
  };
  const { layerGroups, weightBytes } = work.saved;
  for (const [group, layers] of layerGroups.entries())
    noteUntil(floatAt(work.weightsReadyMs, group), layers);
  const behind = { start: at(work.layersBefore, work.groups), end: weightBytes.length };
  noteUntil(work.allWeightsMs, behind);
}

function placeOf(work: Workload, value: number): { rows: IndexRange; layers: IndexRange } {
  const span = Math.floor(value / work.groups);
  return stepPlace(work, span, { start: value % work.groups, end: (value % work.groups) + 1 });
}

function stepPlace(work: Workload, span: number, groups: IndexRange) {
  const { start, end } = at(work.spans, span);
  const layers = {
    start: at(work.layersBefore, groups.start),
    end: at(work.layersBefore, groups.end),
  };
  return { rows: { start, end }, layers };
}

/** The GPU, which does one thing after the other. */
class GpuQueue {
  freeMs = 0;
  decodeMs = 0;
  recomputeMs = 0;
  readonly groupsReadyMs: Float64Array;
  readonly #work: Workload;
  readonly #note: Note | undefined;

  constructor(work: Workload, note?: Note) {
    this.#work = work;
    this.#note = note;
    // No turn runs through a layer without its weights.
    this.groupsReadyMs = work.runnableMs.slice();
  }

  decode(value: number, startMs: number): void {
    const ms = floatAt(this.#work.decodeMs, value);
    this.freeMs = startMs + ms;
    this.decodeMs += ms;
    this.groupsReadyMs[value % this.#work.groups] = this.freeMs;
    const endMs = this.freeMs;
    this.#note?.("gpu", { startMs, endMs, work: "decode", ...placeOf(this.#work, value) });
  }

  compute(step: ComputeStep, startMs: number): void {
    const { span, fromGroup, toGroup } = step;
    const place = stepPlace(this.#work, span, { start: fromGroup, end: toGroup });
    const layers = place.layers.end - place.layers.start;
    const ms = this.#work.stepMs + layers * floatAt(this.#work.spanLayerMs, span);
    this.freeMs = startMs + ms;
    this.recomputeMs += ms;
    this.groupsReadyMs.fill(this.freeMs, fromGroup, toGroup);
    this.#note?.("gpu", { startMs, endMs: this.freeMs, work: "recompute", ...place });
  }
}
