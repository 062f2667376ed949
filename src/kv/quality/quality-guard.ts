/**
 * @file What a conversation may be stored as without hurting what it says next. Ours, not Krul's.
 *
 * A candidate is judged by the conversation's own last turn, run through the compressed cache. Around
 * that replay the decision is a pure step:
 *
 * QG1 f16 without sharing is accepted unmeasured: it is the cache itself. So is a safe rate, at a level that is not
 *     lossless.
 * QG2 A lossless budget accepts nothing else, and goes there at once.
 * QG3 Otherwise a candidate is accepted if the mean KL, its 95th percentile and the share of flipped tokens are
 *     within the budget, its limits included. One that was not measured, or whose measure is not a number, is not.
 *     Of two tokens that the exact cache finds about equally likely, either may come first (`NEAR_TIE_NATS`).
 * QG4 If not, the worst pair is dropped: the last one, under Krul the one of the largest distance.
 * QG5 When no pair is left, the next rate of the family is tried: int2, int2-int4, int3-int4, int4, int8.
 * QG6 So every step costs bytes, and after as many as there are pairs and codecs QG1 ends it.
 * QG7 Sharing has to earn its place at equal bytes: before a candidate that shares is accepted, the next
 *     lower codec is measured without sharing. If that takes no more bytes and is no further off, all
 *     pairs are dropped; it is accepted itself if it is within the budget. QG6 holds for what follows.
 *
 * Layers share only where that is asked for or once held. What does not share is not stepped through rate by rate: its
 * rate is searched for (rate-search.ts).
 */

import type { QualityLevel } from "../../protocol/quality.ts";
import type { LayerPair, LayerSharingMap } from "../sharing/select-pairs.ts";
import { CODECS } from "../value/codec-families.ts";
import type { CodecRegistry } from "../value/codec-registry.ts";
import type { QualityMeasure } from "./measure-distances.ts";
import { rateAbove, rateBelow, safeRate } from "./rate-ladders.ts";

export interface CompressionCandidate {
  map: LayerSharingMap;
  /** A rate of a family's ladder, or "f16". */
  codec: string;
}

/** What a candidate may differ from the exact cache: the limits of the measures of the same name. */
export interface LossyBudget {
  maxMeanKl: number;
  maxP95Kl: number;
  maxFlips: number;
}

export type QualityBudget = "lossless" | LossyBudget;

/**
 * Codes of 4 bits cost 0.001 to 0.004 nats: `balanced` has room for that, and for little more. KL is spread unevenly
 * over the positions: with SmolLM2 and Pip, whatever the codec, the 95th percentile is 2.5 to 4 times the mean. Beyond
 * five times, a few positions have most of the harm. Up to the limits of `balanced` no clearly preferred token flips,
 * of `compact` about one of 64.
 */
export const QUALITY_BUDGETS = {
  exact: "lossless",
  balanced: { maxMeanKl: 0.005, maxP95Kl: 0.025, maxFlips: 0.02 },
  compact: { maxMeanKl: 0.02, maxP95Kl: 0.1, maxFlips: 0.04 },
} as const satisfies Readonly<Record<QualityLevel, QualityBudget>>;

export type GuardStep = { accept: CompressionCandidate } | { try: CompressionCandidate };

/**
 * QG1 to QG5.
 *
 * @param measured null if the candidate was not measured
 */
export function nextCandidate(
  candidate: CompressionCandidate,
  measured: QualityMeasure | null,
  budget: QualityBudget,
  codecs: CodecRegistry = CODECS,
): GuardStep {
  const { map, codec } = candidate;
  if (isExact(candidate)) return { accept: candidate };
  if (budget === "lossless") return { try: { map: { ...map, pairs: [] }, codec: "f16" } };
  if (isSafe(candidate, codecs)) return { accept: candidate };
  if (measured && isWithin(measured, budget)) return { accept: candidate };
  if (map.pairs.length > 0)
    return { try: { ...candidate, map: { ...map, pairs: withoutWorst(map.pairs) } } };
  return { try: { ...candidate, codec: rateAbove(codec, codecs) } };
}

/** QG1. */
const isExact = ({ map, codec }: CompressionCandidate): boolean =>
  codec === "f16" && map.pairs.length === 0;

/** QG1. */
const isSafe = ({ map, codec }: CompressionCandidate, codecs: CodecRegistry): boolean =>
  codec === safeRate(codecs) && map.pairs.length === 0;

/** QG3. A NaN fails every comparison. */
export const isWithin = (
  { meanKl, p95Kl, flips }: Pick<QualityMeasure, "meanKl" | "p95Kl" | "flips">,
  { maxMeanKl, maxP95Kl, maxFlips }: LossyBudget,
): boolean => meanKl <= maxMeanKl && p95Kl <= maxP95Kl && flips <= maxFlips;

/** QG4: pairs stand best first. */
const withoutWorst = (pairs: readonly LayerPair[]): LayerPair[] => pairs.slice(0, -1);

/** QG7: the same in fewer bytes, without sharing. Undefined below the lowest rate. */
function rivalOf(
  { map, codec }: CompressionCandidate,
  codecs: CodecRegistry,
): CompressionCandidate | undefined {
  const lower = rateBelow(codec, codecs);
  return map.pairs.length > 0 && lower ? { map: { ...map, pairs: [] }, codec: lower } : undefined;
}

export interface CandidateMeasure extends QualityMeasure {
  /** Bytes of all that is to be stored. */
  bytes: number;
}

interface Measured {
  candidate: CompressionCandidate;
  measure: CandidateMeasure;
}

export interface GuardVerdict {
  accepted: CompressionCandidate;
  /** The measure of the accepted one, if it was measured. */
  measure: CandidateMeasure | undefined;
  /** All that were measured, in order. */
  measured: Measured[];
}

/**
 * Measures and steps until a candidate is accepted (QG6), and sees whether its sharing is worth it (QG7).
 *
 * @param measure replays the turn. It is called only where the answer matters: not under QG1 or QG2. What it
 *   throws is thrown from here, and nothing is accepted.
 */
export async function guard(
  candidate: CompressionCandidate,
  measure: (candidate: CompressionCandidate) => Promise<CandidateMeasure>,
  budget: QualityBudget,
  codecs: CodecRegistry = CODECS,
): Promise<GuardVerdict> {
  const measured: Measured[] = [];
  const measureOne = async (one: CompressionCandidate): Promise<CandidateMeasure> => {
    const result = await measure(one);
    measured.push({ candidate: one, measure: result });
    return result;
  };
  for (let current = candidate; ;) {
    const matters = !isExact(current) && !isSafe(current, codecs) && budget !== "lossless";
    const result = matters ? await measureOne(current) : null;
    const step = nextCandidate(current, result, budget, codecs);
    if ("try" in step) {
      current = step.try;
      continue;
    }
    const rival = result && rivalOf(current, codecs);
    if (!rival) return { accepted: current, measure: result ?? undefined, measured };
    const other = await measureOne(rival);
    const pays = !(other.bytes <= result.bytes && other.meanKl <= result.meanKl);
    if (pays) return { accepted: current, measure: result, measured };
    if ("accept" in nextCandidate(rival, other, budget, codecs))
      return { accepted: rival, measure: other, measured };
    current = { ...current, map: rival.map };
  }
}
