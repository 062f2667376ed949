import type { EngineMeasure } from "../../protocol/measures.ts";

/** Puts a worker's measure on this thread's timeline (User Timing). */
export function addToTimeline({ name, startEpochMs, endEpochMs, detail }: EngineMeasure): void {
  // The threads' clocks may disagree by a little, and a negative time is an error.
  const local = (epochMs: number) => Math.max(0, epochMs - performance.timeOrigin);
  performance.measure(name, { start: local(startEpochMs), end: local(endEpochMs), detail });
}
