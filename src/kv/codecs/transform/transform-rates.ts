import type { ComponentVariant } from "../../../../shaders/transform/component-block.ts";
import { assert } from "../../../shared/assert.ts";
import type { RateLadder } from "../codec.ts";
import type { TransformRate } from "./transform-coder.ts";

/**
 * Steps that components are rounded to, in thousandths of the weighted space's unit, a square root of nats:
 * what they cost in quality is about the same for every model, what they take depends on how well its basis
 * fits the text. On Pip: an 8th, 11th, 15th, 17th, 23rd and 40th of f16's bytes (compression.bench.ts).
 */
export const TRANSFORM_STEPS = [5, 10, 15, 20, 30, 60] as const;

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

/** All layers have the same step. A step costs about the same quality with every model and every basis. */
export const TRANSFORM_LADDER: RateLadder = {
  rates: TRANSFORM_STEPS.map((step) => `transform-${step}`).toReversed(),
  first: { balanced: "transform-30", compact: "transform-60" },
  usual: "transform-30",
  codecOf: (rate) => () => `${rate}-${VARIANT}`,
};
