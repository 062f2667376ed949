import type { RestorationSpan } from "../../protocol/measures.ts";

/** A stretch of time, in `performance.now()` milliseconds. */
interface Stretch {
  startMs: number;
  endMs: number;
}

/** What both streams of a restoration did, and when. */
export class RestorationTimeline {
  readonly #originMs: number;
  readonly #spans: RestorationSpan[] = [];

  /** @param originMs of `performance.now()`: spans count from there */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** @param span its times are those of `performance.now()` */
  add(span: RestorationSpan): void {
    const { startMs, endMs } = span;
    const [start, end] = [startMs - this.#originMs, endMs - this.#originMs];
    this.#spans.push({ ...span, startMs: Math.max(0, start), endMs: Math.max(0, end) });
  }

  /** In the order they began. */
  get spans(): RestorationSpan[] {
    return this.#spans.toSorted((a, b) => a.startMs - b.startMs);
  }

  /** Until the last row was there, from the origin. */
  get makespanMs(): number {
    return Math.max(0, ...this.#spans.map(({ endMs }) => endMs));
  }

  /**
   * Time in which the store idles and time in which the GPU does, over the makespan: 0 when both are busy
   * to the end, 1 when one of them does it all, more when at times neither does anything.
   */
  get bubbleRatio(): number {
    const { makespanMs } = this;
    if (makespanMs === 0) return 0;
    const busyMs = (stream: RestorationSpan["stream"]) =>
      lengthOf(this.spans.filter((span) => span.stream === stream));
    return (2 * makespanMs - busyMs("store") - busyMs("gpu")) / makespanMs;
  }
}

/** Of the union. @param stretches in the order they begin */
function lengthOf(stretches: readonly Stretch[]): number {
  let coveredMs = 0;
  let untilMs = 0;
  for (const { startMs, endMs } of stretches) {
    coveredMs += Math.max(0, endMs - Math.max(startMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return coveredMs;
}
