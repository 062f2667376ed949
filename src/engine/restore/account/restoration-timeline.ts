import type { RestorationSpan } from "../../../protocol/measures.ts";
import { coveredMs } from "../../sequence/covered-time.ts";

/** What both streams of a restoration did, and when. */
export class RestorationTimeline {
  readonly #originMs: number;
  readonly #spans: RestorationSpan[] = [];

  /** @param originMs the time of `performance.now()` from which spans count */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** Adds a span. @param span with times of `performance.now()` */
  add(span: RestorationSpan): void {
    const { startMs, endMs } = span;
    const [start, end] = [startMs - this.#originMs, endMs - this.#originMs];
    this.#spans.push({ ...span, startMs: Math.max(0, start), endMs: Math.max(0, end) });
  }

  /** All spans, in the order in which they began. */
  get spans(): RestorationSpan[] {
    return this.#spans.toSorted((a, b) => a.startMs - b.startMs);
  }

  /** The time from the origin until the last row was there. */
  get makespanMs(): number {
    return Math.max(0, ...this.#spans.map(({ endMs }) => endMs));
  }

  /**
   * The idle time of the store and that of the GPU, added up, over the makespan. It is 0 when both are busy to the
   * end, 1 when one of them does it all, and more when at times neither does anything.
   */
  get bubbleRatio(): number {
    const { makespanMs } = this;
    if (makespanMs === 0) return 0;
    const busyMs = (stream: RestorationSpan["stream"]) =>
      coveredMs(this.spans.filter((span) => span.stream === stream));
    return (2 * makespanMs - busyMs("store") - busyMs("gpu")) / makespanMs;
  }
}
