/** @file How alike two layers' rows are that are merged into one: why merging loses what it loses. */

import type { KvShape } from "../../kv/cache/kv-cache.ts";
import type { LayerPair } from "../../kv/sharing/select-pairs.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import { decodeFloats } from "../../shared/number-formats.ts";
import type { CacheRows } from "../cache-probe.ts";

/** Means over tokens and KV heads. */
export interface PairEvidence extends LayerPair {
  /** Cosine of the two layers' keys of a token; RoPE turns both alike and does not change it. */
  keyCosine: number;
  valueCosine: number;
  /**
   * The squared error that merging leaves, as a share of the rows' squared length: two directions at an angle θ are
   * replaced by the one half-way between them (SLERP), and magnitudes are kept, so it is 2 - 2 cos(θ / 2).
   */
  keyError: number;
  valueError: number;
}

export const pairEvidence = (
  { layers }: CacheRows,
  shape: Pick<KvShape, "kvHeads" | "headDim">,
  pairs: readonly LayerPair[],
): PairEvidence[] =>
  pairs.map(({ keep, share }) => {
    const cosines = cosinesOf(at(layers, keep), at(layers, share), shape);
    const [keys, values] = [means(cosines.keys), means(cosines.values)];
    return {
      keep,
      share,
      keyCosine: keys.cosine,
      valueCosine: values.cosine,
      keyError: keys.error,
      valueError: values.error,
    };
  });

/** The cosine of each head of each token. @param a [tokens, 2, kvHeads, headDim] f16 @param b the same of another layer */
function cosinesOf(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
  { kvHeads, headDim }: Pick<KvShape, "kvHeads" | "headDim">,
): { keys: number[]; values: number[] } {
  assert(a.length === b.length, "rows of two layers of different length");
  const [x, y] = [decodeFloats(a, "f16"), decodeFloats(b, "f16")];
  const found = { keys: new Array<number>(), values: new Array<number>() };
  for (let head = 0; head * headDim < x.length; head++) {
    const from = head * headDim;
    const isKey = Math.floor(head / kvHeads) % 2 === 0;
    const cosine = cosineOf(x.subarray(from, from + headDim), y.subarray(from, from + headDim));
    found[isKey ? "keys" : "values"].push(cosine);
  }
  return found;
}

function cosineOf(x: Float32Array, y: Float32Array): number {
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i] ?? NaN, y[i] ?? NaN];
    xy += a * b;
    xx += a * a;
    yy += b * b;
  }
  return xy / Math.sqrt(Math.max(xx * yy, Number.MIN_VALUE));
}

function means(cosines: readonly number[]): { cosine: number; error: number } {
  const sum = (of: (cosine: number) => number) =>
    cosines.reduce((total, cosine) => total + of(cosine), 0) / cosines.length;
  const halfway = (cosine: number) => Math.sqrt((1 + Math.min(1, Math.max(-1, cosine))) / 2);
  return { cosine: sum((cosine) => cosine), error: sum((cosine) => 2 - 2 * halfway(cosine)) };
}
