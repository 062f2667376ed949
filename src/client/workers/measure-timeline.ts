import type { EngineMeasure } from "../../protocol/measures.ts";

/** How many measures of one name stay on the timeline. A tab may be open for weeks, and each of them keeps its details. */
export const MOST_MEASURES = 500;

/** Puts a worker's measure on this thread's timeline (User Timing). */
export function addToTimeline({ name, startEpochMs, endEpochMs, detail }: EngineMeasure): void {
  // The threads' clocks may disagree by a little, and a negative time is an error.
  const local = (epochMs: number) => Math.max(0, epochMs - performance.timeOrigin);
  performance.measure(name, { start: local(startEpochMs), end: local(endEpochMs), detail });
  keepNewest(name);
}

interface Measure extends PerformanceEntry {
  readonly detail: unknown;
}

/** Measures of one name can only be cleared all at once, so that those that stay are put back. */
function keepNewest(name: string): void {
  const measures = performance.getEntriesByName(name, "measure") as Measure[];
  if (measures.length <= MOST_MEASURES) return;
  performance.clearMeasures(name);
  for (const { startTime: start, duration, detail } of measures.slice(-MOST_MEASURES / 2))
    performance.measure(name, { start, duration, detail });
}
