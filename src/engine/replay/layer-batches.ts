import { at } from "../../shared/at.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/** Consecutive layers of the model, and the layers of the cache that they attend to. */
export interface LayerBatch {
  layers: IndexRange;
  /** In the order in which they are first attended to, each once. */
  cached: readonly number[];
}

/** What decides which layers make a batch. */
interface BatchTerms {
  /** For each layer of the model, the layer of the cache that it attends to. */
  cacheOf: readonly number[];
  /** The layers of the cache whose rows are stored in one value, and so decoded together. They cover all. */
  groups: readonly IndexRange[];
  /** How many layers' rows may be exchanged at once. */
  mostCached: number;
}

/**
 * Cuts a model into batches, whose rows are exchanged one after the other. The batches are as long as may be: a batch
 * ends where the rows of another value are needed, or those of too many layers.
 */
export function layerBatches({ cacheOf, groups, mostCached }: BatchTerms): LayerBatch[] {
  const groupOf = (cached: number) =>
    groups.findIndex(({ start, end }) => start <= cached && cached < end);
  const batches: { layers: IndexRange; cached: number[] }[] = [];
  for (const [layer, cached] of cacheOf.entries()) {
    const last = batches.at(-1);
    const isThere = last?.cached.includes(cached);
    const fits =
      last && last.cached.length < mostCached && groupOf(at(last.cached, 0)) === groupOf(cached);
    if (last && (isThere || fits)) {
      last.layers.end = layer + 1;
      if (!isThere) last.cached.push(cached);
    } else batches.push({ layers: { start: layer, end: layer + 1 }, cached: [cached] });
  }
  return batches;
}
