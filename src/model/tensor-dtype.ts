/** The formats in which a model's files store numbers. `bf16` is the upper half of an f32. */
export type TensorDtype = "f16" | "bf16" | "f32" | "u32";

export const DTYPE_BYTES: Record<TensorDtype, number> = { f16: 2, bf16: 2, f32: 4, u32: 4 };
