/** How mlc-llm names the formats of a model's weights: bits of a matrix element, and what floats are. */
export const QUANTIZATIONS = ["q0f16", "q0f32", "q4f16_1", "q4f32_1"] as const;

export type Quantization = (typeof QUANTIZATIONS)[number];

/** Whether matrices are 4-bit codes with a scale for every 32 of them. */
export const isQ4 = (quantization: Quantization): boolean => quantization.startsWith("q4");

/** What the floats of a model may be stored as: mlc-llm writes f32 as bf16, and f32 itself means the same. */
export const floatDtypes = (quantization: Quantization): readonly ("f16" | "bf16" | "f32")[] =>
  quantization.includes("f16") ? ["f16"] : ["bf16", "f32"];
