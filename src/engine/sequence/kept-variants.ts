/**
 * @file Which variant of the kernels was chosen for a model on this device, kept as a device record: one for each
 * adapter, with an entry for each shape of a model. Rules KV1 to KV4 in `src/model/forward/kernel-variant.ts` say when
 * a choice stays.
 */

import type { AdapterDescription } from "../../device/device.ts";
import { runnableVariant, type KernelVariant } from "../../model/forward/kernel-variant.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import { fieldsOf, isName } from "../../shared/record-fields.ts";
import type { KvStore } from "./kv-connection.ts";

/** The name of the record of an adapter. */
export const variantsRecord = (adapter: string): string => `kernel variants, ${adapter}`;

interface KeptVariant {
  /** What a choice depends on besides the adapter, from `shapeOf`. */
  shape: string;
  /** Unchecked. */
  variant: unknown;
}

/** Most shapes of models that an adapter's record has; the latest stay. */
const MOST_SHAPES = 32;

interface ShapedModel {
  config: ModelConfig;
  /** The formats of its matrices, from `matrixFormats`. */
  format: string;
}

/** What a choice of kernels depends on besides the adapter. */
function shapeOf({ format, config }: ShapedModel): string {
  const { hidden, ffn, heads, kvHeads, headDim } = config;
  return [format, hidden, ffn, heads, kvHeads, headDim].join(" ");
}

/** The variant that a record has for a model. Neither the record nor the variant has been checked. */
export function variantIn(record: unknown, model: ShapedModel): unknown {
  return keptIn(record).findLast(({ shape }) => shape === shapeOf(model))?.variant;
}

/** A model whose kernels were chosen. */
interface ChosenModel extends ShapedModel {
  adapter: AdapterDescription;
  variant: KernelVariant;
}

/** Keeps what was chosen for a model in the record of its adapter, unless what is kept there can still run. */
export async function keepVariant(
  store: Pick<KvStore, "deviceRecord" | "putDeviceRecord">,
  record: string,
  model: ChosenModel,
): Promise<void> {
  const known = await store.deviceRecord(record);
  // A choice that could not be read may be another one, and has to stay.
  if (!known.ok) return;
  const kept = runnableVariant(variantIn(known.value, model), model.adapter, model.config);
  const entry: KeptVariant = { shape: shapeOf(model), variant: kept ?? model.variant };
  const others = keptIn(known.value).filter(({ shape }) => shape !== entry.shape);
  // It is put again at each visit, because device records that were put long ago go first.
  await store.putDeviceRecord(record, { variants: [...others, entry].slice(-MOST_SHAPES) });
}

function keptIn(record: unknown): KeptVariant[] {
  const variants = fieldsOf(record)?.["variants"];
  if (!Array.isArray(variants)) return [];
  return variants.slice(-MOST_SHAPES).flatMap((entry: unknown) => {
    const { shape, variant } = fieldsOf(entry) ?? {};
    return isName(shape) ? { shape, variant } : [];
  });
}
