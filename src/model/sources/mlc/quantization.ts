/** The formats of a model's weights as mlc-llm names them: the bits of a matrix element, then the format of floats. */
export const QUANTIZATIONS = ["q0f16", "q0f32", "q4f16_1", "q4f32_1"] as const;

export type Quantization = (typeof QUANTIZATIONS)[number];

/** Whether matrices are stored as 4-bit codes with a scale for every 32 of them. */
export const isQ4 = (quantization: Quantization): boolean => quantization.startsWith("q4");

/**
 * The formats that the floats of a model may have. Where the name says f32, mlc-llm writes bf16, and f32 itself is
 * accepted too.
 */
export const floatDtypes = (quantization: Quantization): readonly ("f16" | "bf16" | "f32")[] =>
  quantization.includes("f16") ? ["f16"] : ["bf16", "f32"];
