import { familyOf } from "../../../kv/value/codec-families.ts";
import type { StoredLayer } from "../../../kv/value/chunk-value.ts";
import type { MeasureDetails } from "../../../protocol/measures.ts";
import type { FoundChunk, ReadableChunk } from "../../sequence/stored-sequence.ts";
import type { ChunkGroup } from "../streams/store-stream.ts";

type LoadSummary = Pick<
  MeasureDetails["kv.restore"],
  "bytesRead" | "refusedChunks" | "codec" | "strategy"
>;

/** Which stored values of a sequence have come, and what became of them. */
export class LoadedValues {
  readonly #arrived = new Set<string>();
  /** Those whose rows were submitted to be written. */
  readonly #loaded = new Set<string>();
  /** Chunks of which some value was missing, or was not what it should be, by their names. */
  readonly #refused = new Set<string>();
  readonly #codecs = new Set<string>();
  readonly #strategies = new Set<string>();
  #bytes = 0;

  markArrived(place: ChunkGroup): void {
    this.#arrived.add(nameOf(place));
  }

  markRefused(place: ChunkGroup): void {
    this.#arrived.delete(nameOf(place));
    this.#refused.add(place.chunk.prefixHash);
  }

  /** @param bytes of the value, as it was stored */
  markLoaded(place: ChunkGroup, layers: readonly StoredLayer[], bytes: number): void {
    this.#loaded.add(nameOf(place));
    this.#bytes += bytes;
    for (const { codec, partner } of layers) {
      this.#codecs.add(codec);
      const { name, needsBasis } = familyOf(codec);
      // Coding in a learned basis is a strategy of its own.
      if (needsBasis) this.#strategies.add(name);
      else if (partner !== undefined) this.#strategies.add("krul");
    }
  }

  /** Whether a value has come: if it is not loaded yet, it need only be decoded. */
  hasArrived(place: ChunkGroup): boolean {
    return this.#arrived.has(nameOf(place));
  }

  /** Whether a value has come and is in the cache. */
  hasLoaded(place: ChunkGroup): boolean {
    return this.#loaded.has(nameOf(place));
  }

  hasRefused({ prefixHash }: Pick<ReadableChunk, "prefixHash">): boolean {
    return this.#refused.has(prefixHash);
  }

  /** @param chunks what was found: others may have been read ahead, and are not there */
  summaryOf(chunks: readonly FoundChunk[]): LoadSummary {
    return {
      bytesRead: this.#bytes,
      refusedChunks: chunks.filter((chunk) => this.hasRefused(chunk)).length,
      codec: [...this.#codecs].toSorted().join(" + "),
      strategy: [...this.#strategies].toSorted().join(" + ") || "none",
    };
  }
}

const nameOf = ({ chunk: { prefixHash }, group }: ChunkGroup): string => `${prefixHash} ${group}`;
