import type { Variant } from "../../catalogue/catalogue.ts";
import type { BaseModel } from "../../catalogue/base-model.ts";
import { ALL_MODELS } from "./all-models.ts";
import type { GpuProfile } from "./fit.ts";

/** A model of the catalogue in one of its formats; the one that is offered first where none is named. */
export function modelIn(id: string, format?: string): [BaseModel, Variant] {
  const entry = ALL_MODELS.find(({ model }) => model.id === id);
  const variant = entry?.variants.find((found) => found.format === (format ?? found.format));
  if (!entry || !variant) throw new Error(`there is no ${id} in ${format ?? "any format"}`);
  return [entry.model, variant];
}

/** A computer whose graphics can do everything, with this much memory. */
export const card = (bytes: number, change: Partial<GpuProfile> = {}): GpuProfile => ({
  on: "gpu",
  features: new Set(["shader-f16"]),
  maxBufferBytes: 2 ** 31,
  workgroupBytes: 32 * 1024,
  storageBuffers: 10,
  budget: { bytes, mostBytes: 4 * bytes, from: "integrated" },
  ...change,
});
