/**
 * @file Merges two layers' rows into one, and takes them apart again.
 *
 * It is done as in MiniCache (arXiv:2405.14366) and Krul (arXiv:2507.08045): per token and KV head the two
 * directions meet on the sphere, each layer keeps its own magnitude, and the tokens whose directions
 * differ most are kept for both layers as they are.
 *
 * Keys may be merged after RoPE. Both layers' keys of one token have been rotated by the same angles, and SLERP
 * of two rotated vectors is the rotated SLERP of the two.
 *
 * Rows are [tokens, parts, kvHeads, headDim] f16, little-endian, finite.
 */

import {
  keepDivergentRowsReference,
  keptCount,
} from "../../../../shaders/pairs/keep-divergent-rows.ts";
import { mergeRowsReference } from "../../../../shaders/pairs/merge-rows.ts";
import type { RowPair } from "../../../../shaders/pairs/merged-layout.ts";
import { unmergeRowsReference } from "../../../../shaders/pairs/unmerge-rows.ts";
import { assert } from "../../../shared/assert.ts";

export type RowPart = "keys" | "values";

const BOTH: readonly RowPart[] = ["keys", "values"];

/** The shape of one layer's rows. */
export interface LayerRowsShape {
  tokens: number;
  kvHeads: number;
  headDim: number;
  /** The parts of a row, in order. By default both, as in the cache. */
  parts?: readonly RowPart[];
}

export type RowBytes = Uint8Array<ArrayBuffer>;

export const partsOf = ({ parts }: LayerRowsShape): readonly RowPart[] => parts ?? BOTH;

const tokenBytes = (shape: LayerRowsShape): number =>
  partsOf(shape).length * shape.kvHeads * shape.headDim * 2;

export interface SlerpOptions {
  /** Where the shared direction is between the first layer's, 0, and the second's, 1. Halfway by default. */
  t?: number;
  /** Krul's γ: share of the tokens that are kept as they are, 0 to 1. */
  keptShare?: number;
  /** How many of the first tokens are stored exactly elsewhere: they are kept after all others. */
  skip?: number;
}

/** The share of the tokens that is kept by default. */
export const KEPT_SHARE = 0.05;

/** Two layers' rows, merged. Kept tokens have directions and magnitudes too, which nobody reads. */
export interface SharedRows {
  shape: LayerRowsShape;
  /** f16 [tokens, parts, kvHeads, headDim]: of length 1, or 0 where both layers have zeros. */
  directions: RowBytes;
  /** f16 [tokens, parts, kvHeads, 2]: both layers' magnitudes side by side, one word on the GPU. */
  magnitudes: RowBytes;
  /** The kept tokens, ascending. */
  keptTokens: Uint32Array<ArrayBuffer>;
  /** The kept rows of either layer: f16 [kept tokens, parts, kvHeads, headDim]. */
  keptRows: readonly [RowBytes, RowBytes];
}

/**
 * The error of a row that is not kept is its direction's distance from the shared one, plus f16's rounding of
 * direction, magnitude and their product.
 */
export function mergeRows(
  pair: readonly [RowBytes, RowBytes],
  shape: LayerRowsShape,
  { t = 0.5, keptShare = KEPT_SHARE, skip = 0 }: SlerpOptions = {},
): SharedRows {
  const { tokens, headDim } = shape;
  const bytes = tokens * tokenBytes(shape);
  assert(
    pair.every(({ length }) => length === bytes),
    `rows are not ${bytes} bytes each`,
  );
  const codes: RowPair = [codesOf(pair[0]), codesOf(pair[1])];
  const { directions, magnitudes, divergence } = mergeRowsReference(codes, headDim, t);
  const kept = keepDivergentRowsReference(codes, divergence, {
    tokens,
    skip,
    kept: keptCount(keptShare, tokens),
  });
  return {
    shape,
    directions: bytesOf(directions),
    magnitudes: bytesOf(magnitudes),
    keptTokens: kept.tokens,
    keptRows: [bytesOf(kept.rows[0]), bytesOf(kept.rows[1])],
  };
}

/** The rows of both layers. */
export function unmergeRows(shared: SharedRows): [RowBytes, RowBytes] {
  const { shape, directions, magnitudes, keptTokens, keptRows } = shared;
  const rows = unmergeRowsReference(
    { directions: codesOf(directions), magnitudes: codesOf(magnitudes) },
    { tokens: keptTokens, rows: [codesOf(keptRows[0]), codesOf(keptRows[1])] },
    shape.headDim,
    shape.tokens,
  );
  return [bytesOf(rows[0]), bytesOf(rows[1])];
}

/** Bytes of all that has to be stored to get the rows back. */
export const sharedRowsBytes = ({ directions, magnitudes, keptTokens, keptRows }: SharedRows) =>
  directions.length +
  magnitudes.length +
  keptTokens.byteLength +
  keptRows[0].length +
  keptRows[1].length;

/** f16 bits, at any alignment. slice() would not do: Node's Buffer gives a view of its pool then. */
export const codesOf = (rows: Uint8Array): Uint16Array<ArrayBuffer> =>
  new Uint16Array(new Uint8Array(rows).buffer);
export const bytesOf = (codes: Uint16Array<ArrayBuffer>): RowBytes =>
  new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
