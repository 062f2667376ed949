import { longestContext, type CatalogueEntry, type Variant } from "../../catalogue/catalogue.ts";
import type { BaseModel } from "../../catalogue/base-model.ts";
import { parametersOf } from "../../catalogue/model-memory.ts";
import { fitOf, type DeviceProfile } from "./fit.ts";

export interface Recommendation {
  model: BaseModel;
  variant: Variant;
}

/**
 * The models that are recommended, from the largest to the smallest: of each size the one that answers best for it, whose
 * conversations come back at once.
 */
const RECOMMENDED = [
  "Qwen3-4B",
  "Llama-3.2-3B-Instruct",
  "Qwen3-1.7B",
  "Llama-3.2-1B-Instruct",
  "Qwen2.5-0.5B-Instruct",
  "SmolLM2-360M-Instruct",
];

/** A processor is quick with no more than this many weights. */
const MOST_ON_PROCESSOR = 1e9;

interface Circumstances {
  device: DeviceProfile;
  freeBytes: number | undefined;
  /** Weights of the model in use, roughly; undefined where that is not known. */
  inUse: number | undefined;
}

/**
 * The one model that a person would be told to take on this device.
 *
 * RM1 The largest of the recommended ones that fits, beyond doubt, in the format that is offered first.
 * RM2 Only models of this project's engine, because conversations with them come back at once.
 * RM3 On the processor only models of up to a billion weights.
 * RM4 None that is not at least twice as large as the one in use: it would not be worth a download.
 */
export function recommendedModel(
  catalogue: readonly CatalogueEntry[],
  { device, freeBytes, inUse = 0 }: Circumstances,
): Recommendation | undefined {
  for (const id of RECOMMENDED) {
    const entry = catalogue.find(({ model }) => model.id === id);
    if (!entry) continue;
    const { model } = entry;
    const [variant] = entry.variants;
    const parameters = parametersOf(model.shape) ?? 0;
    const isWorthIt = parameters >= 2 * inUse;
    const isQuick = device.on === "gpu" || parameters <= MOST_ON_PROCESSOR;
    const contextTokens = longestContext(model);
    const { is } = fitOf(model, variant, { contextTokens, device, freeBytes });
    if (is === "fits" && variant.engine === "rekindle" && isWorthIt && isQuick)
      return { model, variant };
  }
  return undefined;
}
