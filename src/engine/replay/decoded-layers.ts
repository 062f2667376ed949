import type { RowBackup } from "../../kv/cache/row-backup.ts";
import { decodeChunkValue } from "../../kv/value/chunk-value.ts";
import { valueShapes, type ChunkRun } from "../../kv/value/stored-form.ts";
import { valueSections, type ValueSection } from "../../kv/value/value-sections.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { CachedRows, StorableRows } from "../sequence/prepared-model.ts";
import type { ChunkValues } from "./coded-chunks.ts";
import type { PacedWork } from "../../model/forward/paced-work.ts";

/** Chunks as they come back from a form, layer by layer. */
export class DecodedLayers {
  readonly #model: Pick<StorableRows, "valueCoder">;
  readonly #runs: readonly ChunkRun[];
  readonly #sections: readonly (readonly ValueSection[])[];
  readonly #terms: { aside: RowBackup; pace: PacedWork; signal: AbortSignal };

  /**
   * @param values of each chunk, by layer group
   * @param terms `aside` has room for the rows of one chunk: those of other layers that a section also has
   */
  constructor(
    model: Pick<CachedRows, "cache"> & Pick<StorableRows, "valueCoder">,
    { runs, values }: { runs: readonly ChunkRun[]; values: readonly ChunkValues[] },
    terms: { aside: RowBackup; pace: PacedWork; signal: AbortSignal },
  ) {
    this.#model = model;
    this.#runs = runs;
    this.#terms = terms;
    this.#sections = runs.map(({ tokens }, i) =>
      valueShapes(model.cache.shape, tokens).flatMap((shape, group) => {
        const value = decodeChunkValue(shape, at(at(values, i), group));
        assert(value !== undefined, "a value that was just coded cannot be read");
        return valueSections(value);
      }),
    );
  }

  /**
   * Writes the rows of these layers, and leaves those of all others. It stops early once the signal is aborted.
   *
   * @param cached layers of the cache
   */
  async write(cached: readonly number[]): Promise<void> {
    const { signal } = this.#terms;
    const isWanted = (layer: number) => cached.includes(layer);
    for (const [i, run] of this.#runs.entries())
      for (const section of at(this.#sections, i)) {
        if (signal.aborted) return;
        if (section.written.some(isWanted)) await this.#decode(section, run, isWanted);
      }
  }

  async #decode(
    { written, part }: ValueSection,
    { start, tokens }: ChunkRun,
    isWanted: (layer: number) => boolean,
  ): Promise<void> {
    const { aside, pace } = this.#terms;
    const decode = await this.#model.valueCoder.decoder(part);
    const others = written.filter((layer) => !isWanted(layer));
    pace.begin();
    aside.save(others, [{ start, end: start + tokens }]);
    const isDecoded = decode({ start, tokens, skip: 0 });
    aside.putBack();
    assert(isDecoded, "a value that was just coded cannot be decoded");
    await pace.ended();
  }
}
