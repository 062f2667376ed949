import type { ComponentVariant } from "../../../../shaders/transform/component-block.ts";
import { assert } from "../../../shared/assert.ts";
import type { RateLadder } from "../codec.ts";
import type { TransformRate } from "./transform-coder.ts";

/**
 * Steps that components are rounded to, in thousandths of the weighted space's unit, a square root of nats:
 * what they cost in quality is about the same for every model, what they take depends on how well its basis
 * fits the text. Each is about a fifth larger than the one before: a conversation takes the one that fits its budget.
 */
export const TRANSFORM_STEPS = [
  3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 20, 25, 30, 36, 43, 50, 60, 70, 80, 100, 120, 150, 180, 220,
] as const;

export type TransformStep = (typeof TRANSFORM_STEPS)[number];

/** A name is stored with what it encoded, and never reused. */
export type TransformCodecName = `transform-${TransformStep}-${ComponentVariant}`;

/** Stored numbers of codecs; never reused. */
export const TRANSFORM_CODEC_NUMBERS: Readonly<Record<TransformCodecName, number>> = {
  "transform-10-rans": 16,
  "transform-15-rans": 17,
  "transform-20-rans": 18,
  "transform-30-rans": 19,
  "transform-60-rans": 20,
  "transform-10-fixed": 21,
  "transform-15-fixed": 22,
  "transform-20-fixed": 23,
  "transform-30-fixed": 24,
  "transform-60-fixed": 25,
  "transform-5-rans": 26,
  "transform-5-fixed": 27,
  "transform-6-rans": 28,
  "transform-7-rans": 29,
  "transform-8-rans": 30,
  "transform-12-rans": 31,
  "transform-18-rans": 32,
  "transform-25-rans": 33,
  "transform-36-rans": 34,
  "transform-43-rans": 35,
  "transform-50-rans": 36,
  "transform-70-rans": 37,
  "transform-80-rans": 38,
  "transform-100-rans": 39,
  "transform-120-rans": 40,
  "transform-6-fixed": 41,
  "transform-7-fixed": 42,
  "transform-8-fixed": 43,
  "transform-12-fixed": 44,
  "transform-18-fixed": 45,
  "transform-25-fixed": 46,
  "transform-36-fixed": 47,
  "transform-43-fixed": 48,
  "transform-50-fixed": 49,
  "transform-70-fixed": 50,
  "transform-80-fixed": 51,
  "transform-100-fixed": 52,
  "transform-120-fixed": 53,
  "transform-150-rans": 54,
  "transform-180-rans": 55,
  "transform-220-rans": 56,
  "transform-150-fixed": 57,
  "transform-180-fixed": 58,
  "transform-220-fixed": 59,
  "transform-3-rans": 60,
  "transform-4-rans": 61,
  "transform-3-fixed": 62,
  "transform-4-fixed": 63,
};

const RATES = new Map<string, TransformRate>(
  (["rans", "fixed"] as const).flatMap((variant) =>
    TRANSFORM_STEPS.map((thousandths): [string, TransformRate] => [
      `transform-${thousandths}-${variant}`,
      { step: thousandths / 1000, variant },
    ]),
  ),
);

/** The rate of a transform codec. Undefined for the name of another codec. */
export const transformRate = (codec: string): TransformRate | undefined => RATES.get(codec);

export const isTransform = (codec: string): codec is TransformCodecName => RATES.has(codec);

/** The rate of a transform codec. Throws for the name of another codec. */
export function transformRateNamed(codec: string): TransformRate {
  const rate = transformRate(codec);
  assert(rate !== undefined, `${codec} is no transform`);
  return rate;
}

/** It takes fewer bytes than fixed widths, and hardly more time (compression.bench.ts). */
const VARIANT: ComponentVariant = "rans";

/**
 * What the usual step costs, in nats, and its bytes for each byte of rows as they are: those of SmolLM2-135M in groups of
 * 5 layers, over eight texts of 2,000 tokens (docs/measurements.md). Pip has twice the loss on such texts.
 */
const USUAL = { step: 30, kl: 0.002, share: 1 / 8.1 };
/**
 * KL grows with this power of the step, as it does while errors are small and every component has some. So it does from 30
 * to 100 with SmolLM2; with Pip the power is 1.4.
 */
const KL_POWER = 2;
/** Bytes fall with this power of the step: from 30 to 100 with 0.8 on SmolLM2, and with 0.55 on Pip. */
const SHARE_POWER = -0.75;

/**
 * How many times as fine the end of a conversation is coded as the rest. Every next token attends most to what is nearest:
 * at a third of the step the last 80 to 190 tokens lose as much as all others, at an eighth about a seventh of that.
 */
const END_FINENESS = 8;

/** All layers have the same step. A step costs about the same quality with every model and every basis. */
export const TRANSFORM_LADDER: RateLadder = {
  rates: TRANSFORM_STEPS.map((step) => `transform-${step}`).toReversed(),
  usual: `transform-${USUAL.step}`,
  expectedKl: (rate) => USUAL.kl * usualSteps(rate) ** KL_POWER,
  expectedShare: (rate) => USUAL.share * usualSteps(rate) ** SHARE_POWER,
  endOf(rate) {
    const most = (USUAL.step * usualSteps(rate)) / END_FINENESS;
    const step = TRANSFORM_STEPS.findLast((one) => one <= most);
    return step === undefined ? undefined : `transform-${step}`;
  },
  codecOf: (rate) => () => `${rate}-${VARIANT}`,
};

/** A rate's step, in usual ones. */
const usualSteps = (rate: string): number =>
  transformRateNamed(`${rate}-${VARIANT}`).step / (USUAL.step / 1000);
