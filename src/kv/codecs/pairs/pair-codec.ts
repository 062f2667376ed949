/**
 * @file How a run of a pair of layers is stored: what merge-rows.ts makes of it, one section after the
 * other, each of whole words, of T tokens of which K = ceil(keptShare * T) are kept:
 *
 *   directions  [T, 2, kvHeads, headDim] as if they were rows of a layer, by the code; "f16": as they are
 *   magnitudes  [T, 2, kvHeads, 2] f16, of `keep` and of `share`
 *   kept tokens [K] u32, counted from the run's first, ascending
 *   kept rows   [K, 2, kvHeads, headDim] f16, of `keep`
 *   kept rows   [K, 2, kvHeads, headDim] f16, of `share`
 *
 * There is no header, because a reader knows code, tokens and share, and so where each section is. Any bytes of
 * the right length have a meaning.
 */

import type { RowCode, RowRun, RowShape } from "../../../../shaders/rows/coded-layout.ts";
import { keptCount } from "../../../../shaders/pairs/keep-divergent-rows.ts";
import type { RowPair } from "../../../../shaders/pairs/merged-layout.ts";
import { assert } from "../../../shared/assert.ts";
import { rowBytes } from "../../cache/kv-cache.ts";
import {
  bytesOf,
  codesOf,
  KEPT_SHARE,
  mergeRows,
  unmergeRows,
  type RowBytes,
} from "./merge-rows.ts";
import { codedRowsBytes, dequantizeRows, quantizeRows } from "../rows/row-codec.ts";

/** How directions are stored. Codes with `unrope` do not fit: directions have no positions. */
export type PairCode = RowCode | "f16";

export interface PairFormat {
  code: PairCode;
  /** Krul's γ: share of the tokens that are kept as they are, 0 to 1. */
  keptShare?: number;
}

/** Where the sections after the directions begin, in bytes. */
export interface PairLayout {
  /** How many tokens are kept. */
  kept: number;
  magnitudes: number;
  keptTokens: number;
  keptRows: number;
  bytes: number;
}

export function pairLayout(
  { code, keptShare = KEPT_SHARE }: PairFormat,
  shape: RowShape,
  tokens: number,
): PairLayout {
  const directions =
    code === "f16" ? tokens * rowBytes(shape) : codedRowsBytes(code, shape, tokens);
  return layoutBehind(directions, keptShare, shape, tokens);
}

/** The layout behind directions of a known length. @param magnitudes bytes of the directions */
export function layoutBehind(
  magnitudes: number,
  keptShare: number,
  shape: RowShape,
  tokens: number,
): PairLayout {
  const kept = keptCount(keptShare, tokens);
  const keptTokens = magnitudes + tokens * 2 * shape.kvHeads * 4;
  const keptRows = keptTokens + kept * 4;
  return { kept, magnitudes, keptTokens, keptRows, bytes: keptRows + 2 * kept * rowBytes(shape) };
}

/**
 * What the kernels make of a pair's run, in plain loops.
 *
 * A kept token comes back bit for bit. Another's row is its magnitude times a direction that is halfway
 * between both layers', off by the code's own error besides.
 *
 * @param rows of `keep` and of `share`: [tokens, 2, kvHeads, headDim] f16 bits
 */
export function encodePair(
  { code, keptShare = KEPT_SHARE }: PairFormat,
  rows: RowPair,
  shape: RowShape,
  skip: number,
): RowBytes {
  const tokens = (rows[0].length * 2) / rowBytes(shape);
  assert(Number.isInteger(tokens), `${rows[0].length} numbers are not whole rows`);
  const pair = [bytesOf(rows[0]), bytesOf(rows[1])] as const;
  const merged = mergeRows(pair, { ...shape, tokens }, { keptShare, skip });
  const directions =
    code === "f16"
      ? merged.directions
      : quantizeRows(code, codesOf(merged.directions), shape, { start: 0, skip });
  const keptTokens = new Uint8Array(merged.keptTokens.buffer);
  return joined([directions, merged.magnitudes, keptTokens, ...merged.keptRows]);
}

export function joined(sections: readonly RowBytes[]): RowBytes {
  const whole = new Uint8Array(sections.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const section of sections) {
    whole.set(section, at);
    at += section.length;
  }
  return whole;
}

/** Decodes a pair's run, skipped tokens included. @returns rows as above */
export function decodePair(
  format: PairFormat,
  bytes: Uint8Array,
  shape: RowShape,
  tokens: RowRun["tokens"],
): RowPair {
  const layout = pairLayout(format, shape, tokens);
  assert(bytes.length === layout.bytes, `${bytes.length} bytes are not ${layout.bytes}`);
  const section = (start: number, end: number) => new Uint8Array(bytes.subarray(start, end));
  const coded = section(0, layout.magnitudes);
  const directions =
    format.code === "f16"
      ? coded
      : bytesOf(dequantizeRows(format.code, coded, shape, { start: 0, tokens }));
  const share = layout.keptRows + layout.kept * rowBytes(shape);
  const rows = unmergeRows({
    shape: { ...shape, tokens },
    directions,
    magnitudes: section(layout.magnitudes, layout.keptTokens),
    keptTokens: new Uint32Array(section(layout.keptTokens, layout.keptRows).buffer),
    keptRows: [section(layout.keptRows, share), section(share, layout.bytes)],
  });
  return [codesOf(rows[0]), codesOf(rows[1])];
}
