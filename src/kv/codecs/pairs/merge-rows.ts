/**
 * @file Two layers' rows as one, and back.
 *
 * As MiniCache (arXiv:2405.14366) and Krul (arXiv:2507.08045) do it: per token and KV head the two
 * directions meet on the sphere, each layer keeps its own magnitude, and the tokens whose directions
 * differ most are kept for both layers as they are.
 *
 * Keys may be merged after RoPE: rows of one token stand at one position, so that both layers' keys have
 * been turned by one rotation, and what SLERP does to turned vectors is what it does to the vectors,
 * turned.
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

/** Of one layer's rows. */
export interface LayerRowsShape {
  tokens: number;
  kvHeads: number;
  headDim: number;
  /** In order. Both unless said otherwise, as in the cache. */
  parts?: readonly RowPart[];
}

export type Rows = Uint8Array<ArrayBuffer>;

export const partsOf = ({ parts }: LayerRowsShape): readonly RowPart[] => parts ?? BOTH;

const tokenBytes = (shape: LayerRowsShape): number =>
  partsOf(shape).length * shape.kvHeads * shape.headDim * 2;

export interface SlerpOptions {
  /** Where between the first layer's direction, 0, and the second's, 1; halfway by default. */
  t?: number;
  /** Krul's γ: share of the tokens that are kept as they are, 0 to 1. */
  keptShare?: number;
  /** The first so many tokens are stored exactly elsewhere: they are kept after all others. */
  skip?: number;
}

/** What is kept if nothing else is said. */
export const KEPT_SHARE = 0.05;

/** Two layers' rows, merged. Kept tokens have directions and magnitudes too, which nobody reads. */
export interface SharedRows {
  shape: LayerRowsShape;
  /** f16 [tokens, parts, kvHeads, headDim]: of length 1, or 0 where both layers have zeros. */
  directions: Rows;
  /** f16 [tokens, parts, kvHeads, 2]: of both layers, side by side: a word on the GPU. */
  magnitudes: Rows;
  /** Ascending. */
  keptTokens: Uint32Array<ArrayBuffer>;
  /** Of either layer: f16 [kept tokens, parts, kvHeads, headDim]. */
  keptRows: readonly [Rows, Rows];
}

/**
 * Error of a row that is not kept: as far as its direction is from the shared one, plus f16's rounding of
 * direction, magnitude and their product.
 */
export function mergeRows(
  pair: readonly [Rows, Rows],
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
export function unmergeRows(shared: SharedRows): [Rows, Rows] {
  const { shape, directions, magnitudes, keptTokens, keptRows } = shared;
  const rows = unmergeRowsReference(
    { directions: codesOf(directions), magnitudes: codesOf(magnitudes) },
    { tokens: keptTokens, rows: [codesOf(keptRows[0]), codesOf(keptRows[1])] },
    shape.headDim,
    shape.tokens,
  );
  return [bytesOf(rows[0]), bytesOf(rows[1])];
}

/** Of everything that this conversation must store to get the rows back. */
export const sharedRowsBytes = ({ directions, magnitudes, keptTokens, keptRows }: SharedRows) =>
  directions.length +
  magnitudes.length +
  keptTokens.byteLength +
  keptRows[0].length +
  keptRows[1].length;

/** f16 bits, at any alignment. Not slice(): Node's Buffer answers that with a view of its pool. */
export const codesOf = (rows: Uint8Array): Uint16Array<ArrayBuffer> =>
  new Uint16Array(new Uint8Array(rows).buffer);
export const bytesOf = (codes: Uint16Array<ArrayBuffer>): Rows =>
  new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
