/** @file How far a device has come with learning a model's basis, as it is kept between visits. */

import { nothingMeasured, type MeasuredHarm } from "./layer-harm.ts";

export interface LearningState {
  /** Tokens that the present basis was fitted to. Undefined without one. */
  fittedTokens: number | undefined;
  harm: MeasuredHarm;
}

const VERSION = 1;
/** Tokens that a basis was fitted to at least that was learned before this was noted. */
const OLD_BASIS_TOKENS = 2000;

export const recordOfState = ({ fittedTokens, harm }: LearningState): unknown => ({
  version: VERSION,
  fittedTokens: fittedTokens ?? null,
  keys: harm.keys.map((value) => value ?? null),
  values: harm.values.map((value) => value ?? null),
});

/**
 * What a record says, as far as it is one. Without one nothing was measured yet.
 *
 * @param hasBasis whether there is a learned basis. What a record says of one that is gone does not count
 */
export function stateOf(
  record: unknown,
  { layers, hasBasis }: { layers: number; hasBasis: boolean },
): LearningState {
  const stated: Partial<Record<string, unknown>> =
    typeof record === "object" && record !== null ? { ...record } : {};
  const isKnown = stated["version"] === VERSION;
  const keys = isKnown ? measuredOf(stated["keys"], layers) : undefined;
  const values = isKnown ? measuredOf(stated["values"], layers) : undefined;
  const tokens = stated["fittedTokens"];
  const fitted = isKnown && isAmount(tokens) ? tokens : OLD_BASIS_TOKENS;
  return {
    fittedTokens: hasBasis ? fitted : undefined,
    harm: keys && values ? { keys, values } : nothingMeasured(layers),
  };
}

function measuredOf(list: unknown, layers: number): (number | undefined)[] | undefined {
  if (!Array.isArray(list) || list.length !== layers) return undefined;
  return list.map((value: unknown) => (isAmount(value) ? value : undefined));
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
