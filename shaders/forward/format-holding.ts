import type { BlockType } from "../../src/shared/gguf-blocks.ts";
import { AFFINE_FORMATS } from "./affine-format.ts";
import type { WeightFormat } from "./weight-format.ts";

/** What each type of quantized blocks fits into without rounding, the smallest format first. */
const HOLDING: Partial<Record<BlockType, readonly (keyof typeof AFFINE_FORMATS)[]>> = {
  Q4_0: ["affine4-f16", "affine8-f16"],
  Q4_1: ["affine4-f16", "affine8-f16"],
  Q5_0: ["affine8-f16"],
  Q5_1: ["affine8-f16"],
  Q8_0: ["affine8-f16"],
  Q4_K: ["affine4-k", "affine8-k"],
  Q5_K: ["affine8-k"],
  Q6_K: ["affine8-k"],
};

/**
 * The format of a matrix whose parts have these types: the smallest one of codes, or of numbers, that holds all of them
 * without rounding. Where quantized parts have no format in common, it is f16, or f32 beside parts in BF16 or F32.
 *
 * @param types of which there is at least one
 */
export function formatHolding(types: readonly BlockType[]): WeightFormat {
  const [first = "F32", ...others] = new Set(types);
  if (others.length === 0 && first === "F16") return "f16";
  if (others.length === 0 && first === "BF16") return "bf16";
  if (types.includes("F32") || types.includes("BF16")) return "f32";
  const fits = (HOLDING[first] ?? []).find((format) =>
    others.every((type) => HOLDING[type]?.includes(format)),
  );
  return fits ?? "f16";
}
