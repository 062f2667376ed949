/** @file How far next-token distributions from stored rows are from those of the exact cache, position by position. */

import { assert } from "../../shared/assert.ts";

/** Gaps in log-probability, in nats, beyond which another likeliest token counts as more than a near-tie. */
const FLIP_MARGINS = [0, 0.1, 0.25, 0.5] as const;

/** An exact distribution that many others are compared with. */
export interface ExactDistribution {
  /** [activeVocab] */
  probabilities: Float32Array;
  /** Σ p · log p, in nats. */
  negativeEntropy: number;
  /** Logarithm of each token's probability less its logit, the same for all tokens. */
  offset: number;
  logits: Float32Array;
  likeliest: number;
}

/** What the exact distribution and another one say of the same position. */
export interface TokenLoss {
  /** KL(exact ‖ stored), in nats. */
  kl: number;
  /**
   * How much likelier the exact cache finds its own likeliest token than the one that the stored rows make the likeliest,
   * as a difference of log-probabilities in nats: 0 if it is the same token.
   */
  flipGap: number;
}

/** Losses of many positions together. */
export interface LossSummary {
  positions: number;
  meanKl: number;
  /** 95th percentile of the positions' KL. */
  p95Kl: number;
  /** Share of positions with the same likeliest token. */
  top1: number;
  /** Share of positions whose likeliest token changed although the gap was larger than each of `FLIP_MARGINS`. */
  flips: number[];
}

export function exactDistribution(logits: Float32Array): ExactDistribution {
  const likeliest = indexOfLargest(logits);
  const largest = logits[likeliest] ?? NaN;
  const probabilities = new Float32Array(logits.length);
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const weight = Math.exp((logits[i] ?? NaN) - largest);
    probabilities[i] = weight;
    total += weight;
  }
  let expected = 0;
  for (let i = 0; i < logits.length; i++) {
    const p = (probabilities[i] ?? NaN) / total;
    probabilities[i] = p;
    expected += p * (logits[i] ?? NaN);
  }
  const offset = -largest - Math.log(total);
  return { probabilities, negativeEntropy: expected + offset, offset, logits, likeliest };
}

/** Compares the logits that stored rows give, [activeVocab], with the exact distribution at the same position. */
export function tokenLoss(exact: ExactDistribution, stored: Float32Array): TokenLoss {
  assert(stored.length === exact.logits.length, "two distributions of different vocabularies");
  const likeliest = indexOfLargest(stored);
  const largest = stored[likeliest] ?? NaN;
  let total = 0;
  let expected = 0;
  for (let i = 0; i < stored.length; i++) {
    const logit = stored[i] ?? NaN;
    total += Math.exp(logit - largest);
    expected += (exact.probabilities[i] ?? NaN) * logit;
  }
  const kl = exact.negativeEntropy - (expected - largest - Math.log(total));
  const gap = (exact.logits[exact.likeliest] ?? NaN) - (exact.logits[likeliest] ?? NaN);
  return { kl: Math.max(0, kl), flipGap: likeliest === exact.likeliest ? 0 : gap };
}

/** @param losses one or more positions */
export function summarise(losses: readonly TokenLoss[]): LossSummary {
  assert(losses.length > 0, "nothing was judged");
  const kls = losses.map(({ kl }) => kl);
  const share = (counts: (loss: TokenLoss) => boolean) =>
    losses.filter(counts).length / losses.length;
  const flips = FLIP_MARGINS.map((margin) => share(({ flipGap }) => flipGap > margin));
  return {
    positions: losses.length,
    meanKl: kls.reduce((sum, kl) => sum + kl, 0) / kls.length,
    p95Kl: percentile(kls, 0.95),
    top1: 1 - (flips[0] ?? 0),
    flips,
  };
}

/**
 * The value below which a share of the values lie, on a straight line between the two nearest ones.
 *
 * @param share from 0, the least value, to 1, the largest
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return below + (above - below) * (at - Math.floor(at));
}

/** The lowest index of the largest number, which is the token that greedy decoding takes. */
function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? NaN) > (values[best] ?? NaN)) best = i;
  return best;
}
