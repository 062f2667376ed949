import { CHUNK_TOKENS } from "../../../kv/cache/chunk-layout.ts";
import {
  decodeMs,
  layerMs,
  transferMs,
  type TransferSample,
} from "../../../restore/device-profile.ts";
import type { DecodedFamily } from "../../../protocol/measures.ts";
import type { CachedRows, RestorableModel } from "../../sequence/prepared-model.ts";
import type { RestorationCosts } from "../../sequence/restoration-costs.ts";

/** What reading or decoding one value took. */
interface TimedValue {
  ms: number;
  bytes: number;
}

interface DecodedValue extends TimedValue {
  /** Name of the codec family of its rows. */
  family: string;
  /** Whether the GPU computed nothing meanwhile. If it did, the time says nothing of decoding. */
  isAlone: boolean;
}

/** Values come in bursts, so the reads of a restoration are joined to this many measurements. */
const BATCHES = 12;

/** How fast values come and are decoded: to decide while a restoration runs, and to learn from it for the next. */
export class ReadPace {
  readonly #costs: RestorationCosts;
  readonly #startMs = performance.now();
  readonly #reads: TransferSample[] = [];
  readonly #decodes = new Map<string, TransferSample[]>();
  readonly #decoded = new Map<string, DecodedFamily>();
  #isOver = false;

  constructor(costs: RestorationCosts) {
    this.#costs = costs;
  }

  noteRead({ ms, bytes }: TimedValue): void {
    this.#reads.push({ bytes, values: 1, ms });
  }

  noteDecode({ ms, bytes, family, isAlone }: DecodedValue): void {
    if (!isAlone) return;
    this.#compare({ ms, bytes, family });
    const sample = { bytes, values: 1, ms };
    if (this.#isOver) this.#costs.learn({ decode: { [family]: [sample] } });
    else this.#decodes.set(family, [...(this.#decodes.get(family) ?? []), sample]);
  }

  /** What decoding was expected to take, by what was known when it was done, and what it took. */
  get decoded(): DecodedFamily[] {
    return [...this.#decoded.values()];
  }

  #compare({ ms, bytes, family }: TimedValue & { family: string }): void {
    const nothing = { family, values: 0, bytes: 0, predictedMs: 0, ms: 0 };
    const before = this.#decoded.get(family) ?? nothing;
    this.#decoded.set(family, {
      family,
      values: before.values + 1,
      bytes: before.bytes + bytes,
      predictedMs: before.predictedMs + decodeMs(this.#costs.profile, family, bytes),
      ms: before.ms + ms,
    });
  }

  /** What reading this many more bytes takes: the longer of the pace so far and of what is known of the store. */
  remainingMs(bytes: number): number {
    if (bytes === 0) return 0;
    const arrivedBytes = this.#reads.reduce((sum, read) => sum + read.bytes, 0);
    const elapsedMs = performance.now() - this.#startMs;
    const seenMs = arrivedBytes > 0 ? (bytes * elapsedMs) / arrivedBytes : elapsedMs;
    return Math.max(seenMs, transferMs(this.#costs.profile.read, bytes));
  }

  /** What computing another chunk takes, behind the resident tokens. */
  computeMs({
    resident,
    layers,
  }: Pick<CachedRows, "resident"> & Pick<RestorableModel, "layers">): number {
    return layers.rowLayers * layerMs(this.#costs.profile.prefill, CHUNK_TOKENS, resident.length);
  }

  /** Learns from what was noted. What is noted after this, because the GPU is still decoding, is learned at once. */
  learn(): void {
    this.#isOver = true;
    const decode = Object.fromEntries(this.#decodes);
    this.#costs.learn({ read: inBatches(this.#reads), decode });
  }
}

/** Neighbouring samples joined to a few. */
function inBatches(samples: readonly TransferSample[]): TransferSample[] {
  const size = Math.ceil(samples.length / BATCHES);
  return Array.from({ length: Math.ceil(samples.length / Math.max(size, 1)) }, (_, batch) => {
    const of = samples.slice(batch * size, (batch + 1) * size);
    const sum = (field: keyof TransferSample) => of.reduce((all, one) => all + one[field], 0);
    return { bytes: sum("bytes"), values: sum("values"), ms: sum("ms") };
  });
}
