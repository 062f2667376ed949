import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/**
 * The parts of `whole` that the given ranges leave uncovered, in order.
 *
 * @param covered in order of their starts; they may overlap each other and reach outside
 */
export function holesOf(covered: readonly IndexRange[], whole: IndexRange): IndexRange[] {
  const holes: IndexRange[] = [];
  let at = whole.start;
  for (const { start, end } of covered) {
    if (start > at) holes.push({ start: at, end: Math.min(start, whole.end) });
    at = Math.max(at, end);
  }
  if (at < whole.end) holes.push({ start: at, end: whole.end });
  return holes;
}

/** The pieces of a chunk's length that a run of tokens is cut into from its start on; the last may be shorter. */
export function chunksOf({ start, end }: IndexRange): IndexRange[] {
  const count = Math.ceil((end - start) / CHUNK_TOKENS);
  return Array.from({ length: count }, (_, i) => ({
    start: start + i * CHUNK_TOKENS,
    end: Math.min(start + (i + 1) * CHUNK_TOKENS, end),
  }));
}
