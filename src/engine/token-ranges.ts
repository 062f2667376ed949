import type { IndexRange } from "../shared/index-range.ts";

/**
 * What of `whole` the given ranges leave uncovered, in order.
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
