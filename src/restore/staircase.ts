/**
 * @file What a restoration has to bring back, and the shape of its plan.
 *
 * A staircase gives each layer group a frontier: the rows before it are recomputed, those behind it are loaded.
 * The frontier never grows with depth, so a layer's recomputed rows need only rows that the layer above computed
 * too. They are therefore exact, and the two streams are independent of each other.
 *
 * A stored value holds one layer group of one chunk, so the frontier is the same for all layers of a group and
 * lies between chunks. The sequence is cut there into spans: the stored chunks, and what lies between and behind
 * them in steps of `STEP_TOKENS`.
 *
 * A hole is a value behind the frontier that is not stored. Its rows are recomputed all the same. That takes the
 * hidden states of its tokens from the first layer down to the deepest of the span's holes, and in each of these
 * layers the K and V of every row before, loaded or recomputed. A hole does not force the rows before it to be
 * recomputed. It is no part of the staircase, but of its cost:
 *
 * - Spans with a hole are computed after all of the staircase, front to back, each when every row before it is
 *   there.
 * - A span with a hole goes on from where the staircase left it: its hidden states (tokens × hidden) are kept. On
 *   the way its shallower rows are computed too, so their values are not loaded.
 * - The deeper values of such a span are loaded.
 */

import { assert } from "../shared/assert.ts";
import type { IndexRange } from "../shared/index-range.ts";

/** One layer group of one chunk, as it is stored. */
export interface StoredValue {
  layers: IndexRange;
  bytes: number;
  /** Name of the codec family that decodes it; undefined if that is not known before it is read. */
  family: string | undefined;
}

export interface StoredChunk {
  start: number;
  tokens: number;
  /** The values that are stored. A layer group without one is a hole. */
  values: readonly StoredValue[];
}

/** A sequence to restore, and what is stored and resident of it. */
export interface SavedSequence {
  tokens: number;
  /** Tokens whose rows are on the GPU: they cost nothing. */
  residentTokens: number;
  /**
   * The layers that a token runs through for its rows, in order, in groups whose rows are stored as one value each.
   * Layers that attend to rows of others, and have none, count to the group that is run behind them.
   */
  layerGroups: readonly IndexRange[];
  /** Stored chunks, in order and without overlaps. */
  chunks: readonly StoredChunk[];
  /**
   * For each layer, bytes of the weights that are not on the GPU yet. Empty when all are. The embedding counts to
   * the first layer, final norm and head to the last. Layers behind all groups have weights, too.
   */
  weightBytes: readonly number[];
  /** When computing can begin, because its kernels are compiled. Absent if they are. */
  computeFromMs?: number;
  /** When decoding can begin, because its kernels are compiled. Absent if they are. */
  decodeFromMs?: number;
}

/** Consecutive rows that are recomputed or loaded together, and their stored value in each layer group. */
export interface Span extends IndexRange {
  values: readonly (StoredValue | undefined)[];
}

/** Layers whose rows before the frontier are recomputed, and whose other rows are loaded. */
export interface Stair {
  layers: IndexRange;
  frontier: number;
}

/** One stair for each layer group, in order. */
export type Staircase = readonly Stair[];

/** Rows without stored values are computed in steps of this many tokens: as many as a chunk has. */
const STEP_TOKENS = 128;

/** All rows that are not resident, in order. */
export function spansOf({ tokens, residentTokens, layerGroups, chunks }: SavedSequence): Span[] {
  const nothing = layerGroups.map(() => undefined);
  const spans: Span[] = [];
  let at = residentTokens;
  const addMissing = (until: number) => {
    while (at < until) {
      const end = Math.min(until, (Math.floor(at / STEP_TOKENS) + 1) * STEP_TOKENS);
      spans.push({ start: at, end, values: nothing });
      at = end;
    }
  };
  let previousEnd = 0;
  for (const chunk of chunks) {
    const end = chunk.start + chunk.tokens;
    assert(chunk.start >= previousEnd && end <= tokens, `chunk at ${chunk.start} is out of place`);
    previousEnd = end;
    addMissing(chunk.start);
    if (end > at) spans.push({ start: at, end, values: valuesOf(chunk, layerGroups) });
    at = Math.max(at, end);
  }
  addMissing(tokens);
  return spans;
}

function valuesOf({ values }: StoredChunk, layerGroups: readonly IndexRange[]): Span["values"] {
  const found = layerGroups.map(({ start, end }) =>
    values.find(({ layers }) => layers.start === start && layers.end === end),
  );
  const matching = found.filter((value) => value !== undefined).length;
  assert(matching === values.length, "a value's layers are no layer group");
  return found;
}

/** Says why this is no staircase over the sequence. Undefined if it is one. */
export function staircaseFault(staircase: Staircase, saved: SavedSequence): string | undefined {
  const boundaries = new Set([saved.residentTokens, ...spansOf(saved).map(({ end }) => end)]);
  if (staircase.length !== saved.layerGroups.length)
    return `${staircase.length} stairs for ${saved.layerGroups.length} layer groups`;
  for (const [i, { layers, frontier }] of staircase.entries()) {
    const group = saved.layerGroups[i];
    const { frontier: above } = staircase[i - 1] ?? { frontier: saved.tokens };
    if (group?.start !== layers.start || group.end !== layers.end)
      return `layers ${layers.start} to ${layers.end} are no layer group`;
    if (!boundaries.has(frontier)) return `row ${frontier} is inside a chunk`;
    if (frontier > above) return `layer ${layers.start} recomputes more than the one above`;
  }
  return undefined;
}
