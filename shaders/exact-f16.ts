/** @file The functions of exact-f16.wgsl in TypeScript, bit for bit. */

import { f16ToF32, f32ToF16 } from "../src/shared/number-formats.ts";

/** Largest finite f16. */
const MAX_HALF = 65504;

/** `half_bits`: bits of the nearest f16, which is never infinite. A zero has no sign. */
export function halfBits(value: number): number {
  return f32ToF16(Math.min(Math.max(value, -MAX_HALF), MAX_HALF) + 0);
}

/** `half_value`: the number that an f16's bits mean. Infinities and NaN count as the largest finite number. */
export function halfValue(bits: number): number {
  return f16ToF32((bits & 0x8000) | Math.min(bits & 0x7fff, 0x7bff));
}
