import type { ComponentVariant } from "../../../../shaders/transform/component-block.ts";
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

const RATES = new Map<string, TransformRate>(
  (["rans", "fixed"] as const).flatMap((variant) =>
    TRANSFORM_STEPS.map((thousandths): [string, TransformRate] => [
      `transform-${thousandths}-${variant}`,
      { step: thousandths / 1000, variant },
    ]),
  ),
);

/** Undefined for the name of another codec. */
export const transformRate = (codec: string): TransformRate | undefined => RATES.get(codec);

export const isTransform = (codec: string): codec is TransformCodecName => RATES.has(codec);
