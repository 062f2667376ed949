// f16 by its bits, and not by pack2x16float, which may round either way and take subnormals for 0: so
// every adapter stores the same scales and decodes the same rows.

const MAX_HALF = 65504.0;

// The nearest f16, ties to even; never infinite.
fn half_bits(value: f32) -> u32 {
  let size = min(abs(value), MAX_HALF);
  let bits = bitcast<u32>(size);
  // Rounded at the 13 bits that an f16 lacks; the exponents' biases are 112 apart.
  let normal = ((bits + 0xfffu + ((bits >> 13u) & 1u)) >> 13u) - (112u << 10u);
  let subnormal = u32(round(size * 0x1p24));
  return select(0u, 0x8000u, value < 0.0) | select(normal, subnormal, size < 0x1p-14);
}

// The number that the lower 16 bits mean as f16. What is no finite one, the largest there is.
fn half_value(bits: u32) -> f32 {
  let size = min(bits & 0x7fffu, 0x7bffu);
  let normal = bitcast<f32>((size << 13u) + (112u << 23u));
  let value = select(normal, f32(size) * 0x1p-24, size < 0x400u);
  return select(value, -value, (bits & 0x8000u) != 0u);
}
