import {
  longestContext,
  memoryBytes,
  type CatalogueEntry,
  type Variant,
} from "../../catalogue/catalogue.ts";
import type { BaseModel } from "../../catalogue/base-model.ts";
import { fitOf, type DeviceProfile, type Fit } from "./fit.ts";

/** A model in one of its formats, with what can be said of it on this device. */
export interface ShownVariant {
  variant: Variant;
  /** Tokens of the context that it would run with. */
  contextTokens: number;
  memoryBytes: number | undefined;
  /** Undefined until it is known what models run on. */
  fit: Fit | undefined;
}

export interface ShownEntry {
  model: BaseModel;
  /** The one that is offered first is the first that fits best. */
  variants: readonly [ShownVariant, ...ShownVariant[]];
}

interface Circumstances {
  device: DeviceProfile | undefined;
  freeBytes: number | undefined;
  /** The context that was chosen. */
  contextTokens: number;
}

const RANK = { fits: 0, "may-not-fit": 1, "does-not-fit": 2 } as const;

/**
 * The catalogue as it is shown. A model is offered in the first of its formats that fits, or else in the first that may;
 * for a graphics card without f16 that is another than for one with it.
 */
export const shownEntries = (
  catalogue: readonly CatalogueEntry[],
  circumstances: Circumstances,
): ShownEntry[] =>
  catalogue.map(({ model, variants }) => {
    const [first, ...others] = variants;
    const shown = (variant: Variant) => shownVariant(model, variant, circumstances);
    const all: [ShownVariant, ...ShownVariant[]] = [shown(first), ...others.map(shown)];
    return { model, variants: bestFirst(all) };
  });

function shownVariant(
  model: BaseModel,
  variant: Variant,
  { device, freeBytes, contextTokens: chosen }: Circumstances,
): ShownVariant {
  const contextTokens = Math.min(chosen, longestContext(model));
  return {
    variant,
    contextTokens,
    memoryBytes: memoryBytes(model, variant, contextTokens),
    fit: device && fitOf(model, variant, { contextTokens, device, freeBytes }),
  };
}

function bestFirst(
  variants: readonly [ShownVariant, ...ShownVariant[]],
): readonly [ShownVariant, ...ShownVariant[]] {
  const rank = ({ fit }: ShownVariant) => (fit ? RANK[fit.is] : 0);
  const best = Math.min(...variants.map(rank));
  const first = variants.find((variant) => rank(variant) === best) ?? variants[0];
  return [first, ...variants.filter((variant) => variant !== first)];
}

interface Filter {
  /** Part of a name, in any case; words in any order. */
  text: string;
  /** Leaves out what may not fit, or does not. */
  onlyFitting: boolean;
}

/** Whether a filter leaves an entry in. An entry of which nothing is known yet is left in. */
export function isShown({ model, variants }: ShownEntry, { text, onlyFitting }: Filter): boolean {
  const name = `${model.name} ${model.id}`.toLowerCase();
  const hasWords = text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word));
  const { fit } = variants[0];
  return hasWords && (!onlyFitting || fit === undefined || fit.is === "fits");
}
