import type { KvShape } from "../../../kv/cache/kv-cache.ts";
import type { ChunkValueShape } from "../../../kv/value/chunk-value.ts";
import { valueShapes } from "../../../kv/value/stored-form.ts";
import { AsyncQueue } from "./async-queue.ts";
import { at } from "../../../shared/at.ts";
import type { KvStore } from "../../sequence/kv-connection.ts";
import type { ReadableChunk } from "../../sequence/stored-sequence.ts";

/** One layer group of a chunk: the place of a value. */
export interface ChunkGroup {
  chunk: ReadableChunk;
  group: number;
}

/** What the store gave for one value, and when. Times are those of `performance.now()`. */
export interface ReadValue extends ChunkGroup {
  shape: ChunkValueShape;
  /** Undefined if the value is not there, or not what was stored. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
  /** When the store gave the value before this one, or was asked. */
  startMs: number;
  endMs: number;
}

/** Reads values from the store and reports each as it comes. What they are good for is not its business. */
export class StoreStream {
  readonly #store: Pick<KvStore, "readAll"> | undefined;
  readonly #shape: KvShape;
  readonly #ended = new AbortController();
  #lastArrivalMs = performance.now();

  /** @param shape of the cache */
  constructor(store: Pick<KvStore, "readAll"> | undefined, shape: KvShape) {
    this.#store = store;
    this.#shape = shape;
  }

  /**
   * Values of these places, read about in this order, and reported in the order in which they come. Reading
   * begins with the call. After `end` or `signal` nothing more comes.
   */
  read(places: readonly ChunkGroup[], signal?: AbortSignal): AsyncIterable<ReadValue> {
    const arrivals = new AsyncQueue<ReadValue>();
    const signals = [this.#ended.signal, signal].filter((one) => one !== undefined);
    const reading = this.#readInto(arrivals, places, AbortSignal.any(signals)).finally(() => {
      arrivals.end();
    });
    // A failure is thrown behind what came before it.
    reading.catch(() => undefined);
    return reported(arrivals, reading);
  }

  /** Read nothing more. */
  end(): void {
    this.#ended.abort();
  }

  async #readInto(
    arrivals: AsyncQueue<ReadValue>,
    places: readonly ChunkGroup[],
    signal: AbortSignal,
  ): Promise<void> {
    if (!this.#store || places.length === 0) return;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, performance.now());
    const requests = places.map(({ chunk: { fingerprint, prefixHash }, group }) => {
      return { fingerprint, prefixHash, group };
    });
    await this.#store.readAll(
      requests,
      ({ index, value }) => {
        const place = places[index];
        if (place) arrivals.add(this.#arrived(place, value));
      },
      signal,
    );
  }

  #arrived({ chunk, group }: ChunkGroup, bytes: ReadValue["bytes"]): ReadValue {
    const [startMs, endMs] = [this.#lastArrivalMs, performance.now()];
    this.#lastArrivalMs = endMs;
    const shape = at(valueShapes(this.#shape, chunk.tokens), group);
    return { chunk, group, shape, bytes, startMs, endMs };
  }
}

/** What arrives until the reading has ended. Throws what the reading throws. */
async function* reported(
  arrivals: AsyncQueue<ReadValue>,
  reading: Promise<void>,
): AsyncGenerator<ReadValue, void, undefined> {
  yield* arrivals;
  await reading;
}
