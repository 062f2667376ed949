import { quantizeRows, dequantizeRows, rowCodec, type RowCodecName } from "../kv/row-codec.ts";
import { CHUNK_TOKENS } from "../kv/chunk-layout.ts";
import { f16Coder, slerpMerge, type ReferenceCoder, type RowMerge } from "../kv/merge-rows.ts";
import type { LayerSharingMap } from "../kv/select-pairs.ts";
import { assert } from "../shared/assert.ts";
import type { Rows } from "./replay-testing.ts";

/** Stored exactly: the attention sinks, and what was said last. */
const SINK_TOKENS = 4;
const WINDOW_TOKENS = 64;

/** How a conversation's rows are stored, but for sinks and recent window. */
export interface Compression {
  map: LayerSharingMap;
  codec: RowCodecName | "f16";
  /** How the layers of a pair are stored together. */
  merge: (coder: ReferenceCoder) => RowMerge;
}

export interface LayerShape {
  kvHeads: number;
  headDim: number;
  /** RoPE's angle per position. */
  frequencies: readonly number[];
}

export interface CompressedRows {
  /** As they come back. */
  rows: Rows;
  /** Of what is not exact: at f16, and as it is stored. */
  plainBytes: number;
  storedBytes: number;
}

export const krulMerge = (coder: ReferenceCoder): RowMerge => slerpMerge({}, coder);

/** In runs of a chunk, each with scales of its own, as chunks have. */
function coderOf(codec: Compression["codec"], { frequencies }: LayerShape): ReferenceCoder {
  if (codec === "f16") return f16Coder;
  const code = rowCodec(codec);
  return (rows, { tokens, kvHeads, headDim, parts }) => {
    assert(parts === undefined || parts.length === 2, "keys and values are coded together");
    const shape = { kvHeads, headDim, frequencies };
    const rowBytes = rows.length / tokens;
    const decoded = new Uint8Array(rows.length);
    let bytes = 0;
    for (let start = 0; start < tokens; start += CHUNK_TOKENS) {
      const end = Math.min(start + CHUNK_TOKENS, tokens);
      const run = new Uint16Array(rows.slice(start * rowBytes, end * rowBytes).buffer);
      const coded = quantizeRows(code, run, shape, { start, skip: 0 });
      bytes += coded.length;
      const back = dequantizeRows(code, coded, shape, { start, tokens: end - start });
      decoded.set(new Uint8Array(back.buffer), start * rowBytes);
    }
    return { bytes, rows: decoded };
  };
}

/** Store rows and read them back. */
export function compressRows(
  { tokens, layers }: Rows,
  shape: LayerShape,
  { map, codec, merge }: Compression,
): CompressedRows {
  const end = Math.max(SINK_TOKENS, tokens.length - WINDOW_TOKENS);
  const coder = coderOf(codec, shape);
  const merging = merge(coder);
  const { kvHeads, headDim } = shape;
  const rowShape = { tokens: end - SINK_TOKENS, kvHeads, headDim };
  const rowBytes = 4 * kvHeads * headDim;
  const old = layers.map((rows) => rows.slice(SINK_TOKENS * rowBytes, end * rowBytes));
  const plainBytes = old.reduce((sum, { length }) => sum + length, 0);
  const copies = layers.map((rows) => rows.slice());
  let storedBytes = 0;
  const putBack = (layer: number, rows: Uint8Array) => {
    copies[layer]?.set(rows, SINK_TOKENS * rowBytes);
  };
  const oldOf = (layer: number) => old[layer] ?? new Uint8Array();
  const paired = new Set(map.pairs.flatMap(({ keep, share }) => [keep, share]));
  if (plainBytes > 0) {
    for (const { keep, share } of map.pairs) {
      const merged = merging.merge([oldOf(keep), oldOf(share)], rowShape);
      storedBytes += merged.bytes;
      [keep, share].forEach((layer, i) => putBack(layer, merged.layers[i] ?? new Uint8Array()));
    }
    for (const [layer, rows] of old.entries()) {
      if (paired.has(layer)) continue;
      const coded = coder(rows, rowShape);
      storedBytes += coded.bytes;
      putBack(layer, coded.rows);
    }
  }
  return { rows: { tokens, layers: copies }, plainBytes, storedBytes };
}
