/** A stretch of a stream's work, in `performance.now()` milliseconds. */
export interface Busy {
  startMs: number;
  endMs: number;
}

/**
 * Time in which one stream idles while the other still works, of both streams, over the makespan: 0 when
 * both are busy to the end, 1 when one of them does it all.
 */
export function bubbleRatioOf(store: readonly Busy[], gpu: readonly Busy[]): number {
  const all = [...store, ...gpu];
  if (all.length === 0) return 0;
  const startMs = Math.min(...all.map((busy) => busy.startMs));
  const endMs = Math.max(...all.map((busy) => busy.endMs));
  const makespanMs = endMs - startMs;
  if (makespanMs <= 0) return 0;
  const busyMs = (of: readonly Busy[]) => of.reduce((sum, one) => sum + one.endMs - one.startMs, 0);
  return (2 * makespanMs - busyMs(store) - busyMs(gpu)) / makespanMs;
}
