import type { ServedModel } from "./served-model.ts";

/** A model that can be taken in place of the one in use, by the press of a button. */
export interface OfferedModel {
  url: string;
  name: string;
  /** Bytes that it takes, where they are worth saying. */
  bytes?: number;
}

export const PIP = "Pip";

interface Offering {
  /** The model in use, or on its way. */
  wanted: string | undefined;
  /** The model that the page's server offers. */
  served: ServedModel | undefined;
  /** Addresses of the models that are part of the page. */
  embedded: readonly [string, ...string[]];
}

/**
 * The model that is offered beside the one in use.
 *
 * OM1 Nothing, as long as it is not known which model that is.
 * OM2 Beside Pip the one that the page's server offers, if it offers one.
 * OM3 Beside every other model Pip.
 */
export function offeredModel({ wanted, served, embedded }: Offering): OfferedModel | undefined {
  if (wanted === undefined) return undefined;
  if (embedded.includes(wanted)) return served;
  return { url: embedded[0], name: PIP };
}
