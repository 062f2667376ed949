/**
 * @file The second moments of a layer's queries before any were seen, from the weights alone: behind its norm a hidden
 * state has numbers of mean square 1, and if they vary equally in every direction, q = Wq x has the moment Wq Wqᵀ.
 */

import type { Work } from "../../linalg/stepped-work.ts";
import type { HeadMoments } from "./basis-weighting.ts";

/** As many tokens as the weights count for beside queries that were sampled. */
const PRIOR_TOKENS = 64;

export interface QueryProjection {
  /** Wq, [heads × headDim, hidden], times the gain of the norm before it */
  projection: Float32Array;
  /** [heads × headDim], if queries have a bias */
  bias: Float32Array | undefined;
  /** [headDim]: the gain of the norm of each query head, if there is one */
  norm: Float32Array | undefined;
}

interface QueryShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** Σ q qᵀ of one token over the query heads of each KV head: [kvHeads, headDim, headDim] */
export function* queryPrior(
  { projection, bias, norm }: QueryProjection,
  { heads, kvHeads, headDim }: QueryShape,
): Work<Float64Array> {
  const moments = new Float64Array(kvHeads * headDim ** 2);
  const hidden = projection.length / (heads * headDim);
  const rowAt = (row: number) => projection.subarray(row * hidden, (row + 1) * hidden);
  for (let head = 0; head < heads; head++) {
    const own = new Float64Array(headDim ** 2);
    for (let i = 0; i < headDim; i++) {
      const a = rowAt(head * headDim + i);
      for (let j = 0; j <= i; j++) {
        const b = rowAt(head * headDim + j);
        let sum = (bias?.[head * headDim + i] ?? 0) * (bias?.[head * headDim + j] ?? 0);
        for (let k = 0; k < hidden; k++) sum += (a[k] ?? 0) * (b[k] ?? 0);
        own[i * headDim + j] = sum;
        own[j * headDim + i] = sum;
      }
      yield;
    }
    if (norm) normalise(own, norm);
    const at = Math.floor((head * kvHeads) / heads) * headDim ** 2;
    for (const [i, value] of own.entries()) moments[at + i] = (moments[at + i] ?? 0) + value;
  }
  return moments;
}

/** A query's norm makes the mean square of its numbers 1, and then each is multiplied by its gain. */
function normalise(moments: Float64Array, gains: Float32Array): void {
  const size = gains.length;
  let trace = 0;
  for (let d = 0; d < size; d++) trace += moments[d * size + d] ?? 0;
  const scale = trace > 0 ? size / trace : 0;
  for (let at = 0; at < moments.length; at++) {
    const gain = (gains[Math.floor(at / size)] ?? 0) * (gains[at % size] ?? 0);
    moments[at] = (moments[at] ?? 0) * scale * gain;
  }
}

/**
 * Moments of sampled queries and those of the weights together: what was sampled counts by its tokens.
 *
 * @param sampled of all layers, if any were
 * @param prior of all layers, of one token
 */
export function blendedQueries(sampled: HeadMoments | undefined, prior: Float64Array): HeadMoments {
  const sums = prior.map((value, at) => PRIOR_TOKENS * value + (sampled?.sums[at] ?? 0));
  return { sums, tokens: PRIOR_TOKENS + (sampled?.tokens ?? 0) };
}
