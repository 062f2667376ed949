import type { Quantization } from "../../../protocol/runnable-models.ts";

/** Whether matrices are stored as 4-bit codes with a scale for every 32 of them. */
export const isQ4 = (quantization: Quantization): boolean => quantization.startsWith("q4");

/**
 * The formats that the floats of a model may have. Where the name says f32, mlc-llm writes bf16, and f32 itself is
 * accepted too.
 */
export const floatDtypes = (quantization: Quantization): readonly ("f16" | "bf16" | "f32")[] =>
  quantization.includes("f16") ? ["f16"] : ["bf16", "f32"];
