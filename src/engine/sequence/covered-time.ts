/** A stretch of time, in milliseconds. */
interface Stretch {
  startMs: number;
  endMs: number;
}

/** Length of the union of stretches. @param stretches in the order in which they begin */
export function coveredMs(stretches: readonly Stretch[]): number {
  let covered = 0;
  let untilMs = 0;
  for (const { startMs, endMs } of stretches) {
    covered += Math.max(0, endMs - Math.max(startMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return covered;
}
