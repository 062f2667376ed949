import { assert } from "../../shared/assert.ts";
import { nextTokenDistance, type NextTokenDistance } from "./next-token-distance.ts";

/** How a candidate's next-token distributions differ from the exact cache's, over the positions of a replay. */
export interface QualityMeasure {
  /** Mean KL(exact ‖ candidate), in nats. */
  meanKl: number;
  /** The KL that 95 % of the positions do not exceed, in nats. */
  p95Kl: number;
  /** Share of positions at which another token than the exact one is likeliest, and no near-tie explains it: 0 to 1. */
  flips: number;
  /** Share of positions with the same likeliest token, 0 to 1, near-ties included. It decides nothing. */
  top1: number;
}

/**
 * Where the exact distribution prefers its likeliest token to another one by no more than this, in nats of
 * log-probability, the two are nearly tied. Which of them comes first then turns at any loss, however small: on
 * SmolLM2, codes of 4 bits turn 8 of 100 likeliest tokens at a mean KL of 0.0034.
 */
export const NEAR_TIE_NATS = 0.25;

/** The part of the positions whose KL does not exceed `p95Kl`. */
const P95 = 0.95;

/**
 * Judges a candidate position by position.
 *
 * @param expected logits of the exact cache after each token, [tokens][activeVocab]; of one token at least
 * @param actual the candidate's, of the same tokens
 */
export function measureDistances(
  expected: readonly Float32Array[],
  actual: readonly Float32Array[],
): QualityMeasure {
  assert(actual.length === expected.length, "both replays are of the same tokens");
  return summarize(expected.map((one, i) => nextTokenDistance(one, actual[i] ?? one)));
}

/** The measure of distances at the positions of a replay, in any order; of one at least. */
export function summarize(distances: readonly NextTokenDistance[]): QualityMeasure {
  const count = distances.length;
  assert(count > 0, "nothing was measured");
  const kls = Float64Array.from(distances, ({ kl }) => kl).toSorted();
  const shareOf = (holds: (distance: NextTokenDistance) => boolean) =>
    distances.filter(holds).length / count;
  return {
    meanKl: kls.reduce((sum, kl) => sum + kl, 0) / count,
    p95Kl: kls[Math.ceil(P95 * count) - 1] ?? NaN,
    // A gap that is not a number is no near-tie.
    flips: shareOf(({ sameTop, flippedGap }) => !sameTop && !(flippedGap <= NEAR_TIE_NATS)),
    top1: shareOf(({ sameTop }) => sameTop),
  };
}
