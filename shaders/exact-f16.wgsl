// Conversion between f32 and f16 that moves the bits itself. WGSL's pack2x16float may round either way and
// may take subnormals for 0. With these functions every adapter stores the same scales and decodes the
// same rows. exact-f16.ts has them in TypeScript.

const MAX_HALF = 65504.0;

// Bits of the nearest f16, ties to even. Numbers beyond the largest finite f16 become that one.
fn half_bits(value: f32) -> u32 {
  let size = min(abs(value), MAX_HALF);
  let bits = bitcast<u32>(size);
  // An f16 has 13 bits of mantissa less than an f32, and its exponent's bias is 112 less.
  let normal = ((bits + 0xfffu + ((bits >> 13u) & 1u)) >> 13u) - (112u << 10u);
  let subnormal = u32(round(size * 0x1p24));
  return select(0u, 0x8000u, value < 0.0) | select(normal, subnormal, size < 0x1p-14);
}

// The number that the lower 16 bits mean as f16. Infinities and NaN count as the largest finite number.
fn half_value(bits: u32) -> f32 {
  let size = min(bits & 0x7fffu, 0x7bffu);
  let normal = bitcast<f32>((size << 13u) + (112u << 23u));
  let value = select(normal, f32(size) * 0x1p-24, size < 0x400u);
  return select(value, -value, (bits & 0x8000u) != 0u);
}
