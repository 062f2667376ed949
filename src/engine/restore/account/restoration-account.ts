import type { MeasureDetails, RestorationSpan } from "../../../protocol/measures.ts";
import { at } from "../../../shared/at.ts";
import type { IndexRange } from "../../../shared/index-range.ts";
import type { RestorationCosts } from "../../sequence/restoration-costs.ts";
import { ReadPace } from "./read-pace.ts";
import { RestorationTimeline } from "./restoration-timeline.ts";
import type { ReadValue } from "../streams/store-stream.ts";

type TimeSummary = Pick<
  MeasureDetails["kv.restore"],
  "loadMs" | "makespanMs" | "bubbleRatio" | "decoded" | "timeline"
>;

/** Tokens that were run through some layers, and when, by `performance.now()`. */
interface ComputedRows {
  tokens: IndexRange;
  layers: IndexRange;
  busy: { startMs: number; endMs: number };
}

interface DecodingEnd {
  submittedMs: number;
  /** Size of the stored value. */
  bytes: number;
  /** Name of the codec family of its rows. */
  family: string;
  /** Whether the GPU computed nothing meanwhile. */
  isAlone: boolean;
}

/** Keeps account of what both streams of a restoration did and when: for its timeline, and to learn for later plans. */
export class RestorationAccount {
  readonly pace: ReadPace;
  readonly startMs = performance.now();
  readonly #groups: readonly IndexRange[];
  readonly #timeline = new RestorationTimeline(this.startMs);
  #loadEndMs = this.startMs;
  #lastDecodedMs = this.startMs;

  /** @param groups for each group of stored layers, the layers that have to run for its rows */
  constructor(costs: RestorationCosts, groups: readonly IndexRange[]) {
    this.pace = new ReadPace(costs);
    this.#groups = groups;
  }

  /** The store gave a value. */
  noteRead(value: ReadValue, bytes: number): void {
    const { startMs, endMs } = value;
    this.pace.noteRead({ ms: endMs - startMs, bytes });
    this.#timeline.add({
      stream: "store",
      work: "read",
      startMs,
      endMs,
      ...this.#placeOf(value),
      bytes,
    });
  }

  /** A value's rows were submitted to be written. */
  noteLoaded(): void {
    this.#loadEndMs = performance.now();
  }

  /** The GPU has just decoded a value. Values are decoded one after the other. */
  noteDecoded(value: ReadValue, { submittedMs, bytes, family, isAlone }: DecodingEnd): void {
    const startMs = Math.max(submittedMs, this.#lastDecodedMs);
    const endMs = performance.now();
    this.#lastDecodedMs = endMs;
    this.pace.noteDecode({ ms: endMs - startMs, bytes, family, isAlone });
    this.#timeline.add({
      stream: "gpu",
      work: "decode",
      startMs,
      endMs,
      ...this.#placeOf(value),
      bytes,
    });
  }

  noteComputed({ busy, tokens, layers }: ComputedRows): void {
    this.#timeline.add({ stream: "gpu", work: "recompute", ...busy, tokens, layers, bytes: 0 });
  }

  /** The model's own work, from the beginning until now. @param layers how many it has */
  noteModel(work: "weights" | "compile", layers: number): void {
    this.#timeline.add({
      stream: work === "weights" ? "store" : "gpu",
      work,
      startMs: this.startMs,
      endMs: performance.now(),
      tokens: { start: 0, end: 0 },
      layers: { start: 0, end: layers },
      bytes: 0,
    });
  }

  /** Learns what was measured. What the GPU has yet to decode is learned when that is done. */
  close(): TimeSummary {
    this.pace.learn();
    const { makespanMs, bubbleRatio, spans } = this.#timeline;
    const loadMs = this.#loadEndMs - this.startMs;
    return { loadMs, makespanMs, bubbleRatio, decoded: this.pace.decoded, timeline: spans };
  }

  #placeOf({ chunk, group }: ReadValue): Pick<RestorationSpan, "tokens" | "layers"> {
    const { startToken: start, tokens } = chunk;
    return { tokens: { start, end: start + tokens }, layers: at(this.#groups, group) };
  }
}
