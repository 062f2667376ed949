/**
 * @file What a restoration has to bring back, and the shape of its plan.
 *
 * A staircase gives each layer group a frontier: its rows before it are recomputed, those from it on
 * loaded. It never grows with depth, so that a layer's recomputed rows need nothing but the rows that
 * the layer above computed too: they are exact, and the two streams independent.
 *
 * A stored value holds one layer group of one chunk, so the frontier is the same for all layers of a
 * group and lies between chunks. The sequence is cut there into spans: the stored chunks, and what lies
 * between and behind them in steps of `STEP_TOKENS`.
 *
 * Holes. A value that is not stored behind the frontier is a hole. Its rows are recomputed all the same:
 * that takes its tokens' hidden states from the first layer on, down to the deepest of the span's holes,
 * and in each of these layers the K and V of every row before, loaded or recomputed. So a hole does not
 * force what is before it to be recomputed. It is no part of the staircase, but of its cost:
 *
 * - Spans with a hole are computed after all of the staircase, front to back, each when every row before
 *   XX
 * - A span with a hole goes on from where the staircase left it (its hidden states, tokens × hidden,
 *   are kept). On the way its shallower rows are computed as well: their values are not loaded.
 * - Its deeper values are loaded.
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
  /** Those that there are; what is missing is a hole. */
  values: readonly StoredValue[];
}

/** A sequence to restore, and what there is of it. */
export interface SavedSequence {
  tokens: number;
  /** Tokens whose rows are on the GPU: they cost nothing. */
  residentTokens: number;
  /** All layers, in order: what is stored as one. */
  layerGroups: readonly IndexRange[];
  /** In order, not overlapping. */
  chunks: readonly StoredChunk[];
  /**
   * Per layer, what of the model's weights is not on the GPU yet; empty when all of it is. The embedding
   * counts to the first layer, final norm and head to the last.
   */
  weightBytes: readonly number[];
  /** Before that nothing can be computed, since kernels are still being compiled; absent: at once. */
  computeFromMs?: number;
  /** The same for decoding. */
  decodeFromMs?: number;
}

/** Some consecutive rows that are recomputed or loaded together, and their value in each layer group. */
export interface Span extends IndexRange {
  values: readonly (StoredValue | undefined)[];
}

/** Of these layers, rows before the frontier are recomputed, the others loaded. */
export interface Stair {
  layers: IndexRange;
  frontier: number;
}

/** From the first layer group to the last. */
export type Staircase = readonly Stair[];

/** Rows without stored values are computed in steps of so many: as many as a chunk has. */
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

/** What makes it no staircase over this sequence; undefined if nothing does. */
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
