import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { Transformer } from "../forward/transformer.ts";

type Ids = Uint32Array<ArrayBuffer>;

/**
 * Submits a prompt in pieces of these sizes, from an empty cache, and leaves the logits of its last token. A piece of
 * more tokens than a step may have takes several steps.
 */
export function prefillPieces(transformer: Transformer, ids: Ids, pieces: readonly number[]): void {
  forgetRows(transformer.cache, ids.length);
  let start = 0;
  for (const size of pieces)
    for (const pieceEnd = start + size; start < pieceEnd;) {
      const end = Math.min(start + transformer.stepTokens, pieceEnd);
      const output = end === ids.length ? "logits" : "none";
      transformer.prefillStep(ids.slice(start, end), start, output);
      start = end;
    }
}

/** Overwrites rows, so that none of an earlier run stands in for one that was not computed. */
function forgetRows(cache: KvCache, tokens: number): void {
  const zeros = new Uint8Array(tokens * cache.rowBytes);
  for (const layer of cache.layers.keys()) cache.writeRows(layer, 0, zeros);
}

/** The rows of the first tokens in each layer, [tokens, 2, kvHeads, headDim] f16. */
export function readAllRows(cache: KvCache, tokens: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const all = { start: 0, end: tokens };
  return Promise.all(cache.layers.map((_, layer) => cache.readRows(layer, all)));
}
