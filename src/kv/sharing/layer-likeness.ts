/**
 * @file How alike the rows of two layers are, and what merging them costs: what decides whether layers can share.
 *
 * A pair keeps each layer's magnitudes and one direction for both (MiniCache, arXiv:2405.14366; Krul,
 * arXiv:2507.08045). If a token's two directions are at an angle θ, the direction halfway is θ / 2 away from either, and
 * the merged rows have lost 2 (1 − cos(θ / 2)) of their energy: 0.59 of it at a right angle, and still 0.1 at a cosine
 * of 0.8. Codes of 4 bits lose about 0.01.
 */

import {
  keepDivergentRowsReference,
  keptCount,
} from "../../../shaders/pairs/keep-divergent-rows.ts";
import { mergeRowsReference } from "../../../shaders/pairs/merge-rows.ts";
import type { RowPair } from "../../../shaders/pairs/merged-layout.ts";
import { unmergeRowsReference } from "../../../shaders/pairs/unmerge-rows.ts";
import { assert } from "../../shared/assert.ts";
import { f16ToF32 } from "../../shared/number-formats.ts";

/** The rows of a layer: f16 bits, [tokens, 2, kvHeads, headDim], keys before values. */
type LayerRows = Uint16Array<ArrayBuffer>;

interface HeadShape {
  kvHeads: number;
  headDim: number;
}

/** One number for the keys of two layers, and one for their values. */
export interface OfKeysAndValues {
  keys: number;
  values: number;
}

/**
 * The mean cosine of two layers' vectors of the same token and KV head, -1 to 1. It is 1 where they point the same way,
 * and about 0 where they have nothing to do with each other. Vectors of zeros are left out.
 */
export function meanCosine(one: LayerRows, other: LayerRows, shape: HeadShape): OfKeysAndValues {
  const sums = { keys: 0, values: 0 };
  const counts = { keys: 0, values: 0 };
  eachVector(one, shape, (side, at) => {
    const [a, b] = [floatsAt(one, at, shape), floatsAt(other, at, shape)];
    const size = Math.sqrt(dot(a, a) * dot(b, b));
    if (size === 0) return;
    sums[side] += dot(a, b) / size;
    counts[side]++;
  });
  return { keys: sums.keys / counts.keys, values: sums.values / counts.values };
}

/**
 * What merging two layers loses: the squared error of both layers' rows over their squared length. It is computed from
 * what a pair stores, in f16, with the same tokens kept unmerged.
 *
 * @param keptShare the share of the tokens, 0 to 1, that both layers keep as they are: those whose directions differ most
 */
export function mergeLoss(pair: RowPair, shape: HeadShape, keptShare: number): OfKeysAndValues {
  const [one, other] = pair;
  const { headDim } = shape;
  const tokens = one.length / (2 * shape.kvHeads * headDim);
  assert(Number.isInteger(tokens) && other.length === one.length, "rows of two layers, and whole");
  const { directions, magnitudes, divergence } = mergeRowsReference(pair, headDim);
  const kept = { tokens, skip: 0, kept: keptCount(keptShare, tokens) };
  const exact = keepDivergentRowsReference(pair, divergence, kept);
  const merged = unmergeRowsReference({ directions, magnitudes }, exact, headDim, tokens);
  const errors = { keys: 0, values: 0 };
  const energies = { keys: 0, values: 0 };
  for (const [i, rows] of pair.entries())
    eachVector(rows, shape, (side, at) => {
      const right = floatsAt(rows, at, shape);
      const back = floatsAt(merged[i] ?? rows, at, shape);
      const error = right.map((value, d) => value - (back[d] ?? NaN));
      errors[side] += dot(error, error);
      energies[side] += dot(right, right);
    });
  return { keys: errors.keys / energies.keys, values: errors.values / energies.values };
}

/** @param visit gets where each vector begins */
function eachVector(
  rows: LayerRows,
  { kvHeads, headDim }: HeadShape,
  visit: (side: "keys" | "values", at: number) => void,
): void {
  for (let at = 0; at < rows.length; at += headDim)
    visit(Math.floor(at / (kvHeads * headDim)) % 2 === 0 ? "keys" : "values", at);
}

const floatsAt = (rows: LayerRows, at: number, { headDim }: HeadShape): number[] =>
  Array.from(rows.subarray(at, at + headDim), f16ToF32);

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
