/**
 * @file Which rate of a codec family a conversation is stored at: the one that takes its level's budget up, and needs
 * the fewest bytes for it. What a rate costs differs by a factor from conversation to conversation and from model to
 * model; how the costs of two rates compare differs little. So one judgement tells about all rates, and a second one
 * at the rate that it points at is mostly enough:
 *
 * - RS1 What a rate costs is predicted from a judged one, as the ladder's expected KL compare: from the last that was
 *   judged in this conversation; before there is one, from the median over earlier conversations with this model; and
 *   before there are any, from the ladder alone.
 * - RS2 The rate to be judged is the one of the fewest bytes that is predicted to use four fifths of the budget at
 *   most. If there is none, nothing is judged, and the family does not hold.
 * - RS3 Where a rate has held, another one is judged only if it is expected to cost more than 1.3² times as much (KL
 *   grows about with the square of the step): a smaller gain in bytes is not worth a judgement.
 * - RS4 Where a rate has not held, the next one is finer, whatever is predicted.
 * - RS5 Two rates are judged at most, and a third if neither held. Of those that held, the one of the fewest bytes is
 *   taken.
 * - RS6 A safe rate is never judged, nor are rows as they are: whoever searches stores them without asking.
 */

import type { RateLadder } from "../codecs/codec.ts";
import { at } from "../../shared/at.ts";
import type { QualityMeasure } from "./measure-distances.ts";
import { isWithin, type LossyBudget } from "./quality-guard.ts";

/** What storing a conversation at a rate did to it. */
export interface JudgedRate {
  rate: string;
  measure: Pick<QualityMeasure, "meanKl" | "p95Kl" | "flips">;
}

/** What is known when a rate is to be chosen. */
export interface RateEvidence {
  /** Of this conversation, in the order in which rates were judged. */
  judged: readonly JudgedRate[];
  /** Of earlier conversations with this model, in any order. */
  earlier: readonly JudgedRate[];
}

/** What comes next: a judgement, or the end of the search. */
export type RateStep = { judge: string } | { accept: string } | { none: true };

/** The share of a budget that is aimed at: what comes later in the conversation may cost a little more. */
const AIM = 0.8;
/** RS3: the square of 1.3. */
const WORTH_JUDGING = 1.3 ** 2;
/** RS5. */
const MOST_JUDGED = { held: 2, failed: 3 };

/** The next step of the search: RS1 to RS6. */
export function nextRate(
  ladder: RateLadder,
  budget: LossyBudget,
  { judged, earlier }: RateEvidence,
): RateStep {
  const rates = lossyRates(ladder);
  const kl = (rate: string) => ladder.expectedKl(rate);
  const held = rates.find((rate) =>
    judged.some((one) => one.rate === rate && isWithin(one.measure, budget)),
  );
  const last = judged.at(-1);
  const factor = last ? useFactor(ladder, budget, last) : usualFactor(ladder, budget, earlier);
  const isPromising = (rate: string) => factor * kl(rate) <= AIM;
  if (held !== undefined) {
    const next = rates.find(isPromising);
    const isWorth = next !== undefined && kl(next) > WORTH_JUDGING * kl(held);
    const isOpen = judged.length < MOST_JUDGED.held && !judged.some(({ rate }) => rate === next);
    return isWorth && isOpen ? { judge: next } : { accept: held };
  }
  if (judged.length >= MOST_JUDGED.failed) return { none: true };
  const finest = Math.max(-1, ...judged.map(({ rate }) => rates.indexOf(rate)));
  const next = rates.slice(finest + 1).find(isPromising);
  return next === undefined ? { none: true } : { judge: next };
}

/** The rates that may be judged, from the fewest bytes to the most (RS6). */
export const lossyRates = ({ rates, safe }: RateLadder): string[] =>
  rates.filter((rate) => rate !== safe);

/** The share of a budget that a measure uses up: more than 1 if it does not hold. */
function budgetUse(
  { meanKl, p95Kl, flips }: JudgedRate["measure"],
  { maxMeanKl, maxP95Kl, maxFlips }: LossyBudget,
): number {
  // A few tokens flip or do not: within the limit they tell little.
  const flipUse = flips > maxFlips ? flips / maxFlips : 0;
  return Math.max(meanKl / maxMeanKl, p95Kl / maxP95Kl, flipUse);
}

/** The share of the budget for each nat of expected KL, as one judgement shows it. */
function useFactor(ladder: RateLadder, budget: LossyBudget, { rate, measure }: JudgedRate): number {
  const factor = budgetUse(measure, budget) / ladder.expectedKl(rate);
  // A rate that does no harm says that finer ones do none, and nothing else.
  return Number.isNaN(factor) ? Infinity : factor;
}

/** The same, as far as it is known of the model. */
function usualFactor(
  ladder: RateLadder,
  budget: LossyBudget,
  earlier: readonly JudgedRate[],
): number {
  const rates = new Set(ladder.rates);
  const factors = earlier
    .filter(({ rate }) => rates.has(rate))
    .map((one) => useFactor(ladder, budget, one))
    .toSorted((a, b) => a - b);
  return factors.length > 0 ? at(factors, factors.length >> 1) : 1 / budget.maxMeanKl;
}
