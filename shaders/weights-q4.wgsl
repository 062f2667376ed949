// A matrix [rows, columns] in MLC's 4-bit format: w = (code - 7) * scale, one scale for 32 columns
// of a row. columns % 32 == 0.
//
// weights: the codes, [rows, columns / 8] words, lowest nibble first; then the scales,
// [rows, columns / 32] in f16 or bf16 (two to a word) or f32. SCALE_BITS is 16 or 32, SCALE_BF16
// tells the 16-bit formats apart.

@group(0) @binding(0) var<storage, read> weights: array<u32>;

/// weights[row, 8 * octet .. 8 * octet + 8], the first four in column 0.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let octets = params.columns / 8u;
  // Signed, because a conversion from i32 is one instruction where one from u32 is several.
  let codes = vec4i(bitcast<i32>(weights[row * octets + octet]));
  let scale = group_scale(params.rows * octets, row * (params.columns / 32u) + octet / 4u);
  let low = (codes >> vec4u(0u, 4u, 8u, 12u)) & vec4i(15);
  let high = (codes >> vec4u(16u, 20u, 24u, 28u)) & vec4i(15);
  return mat2x4f((vec4f(low) - 7.0) * scale, (vec4f(high) - 7.0) * scale);
}

fn group_scale(first: u32, index: u32) -> f32 {
  if (SCALE_BITS == 32u) { return bitcast<f32>(weights[first + index]); }
  let pair = weights[first + index / 2u];
  if (SCALE_BF16) {
    return bitcast<f32>(select(pair << 16u, pair & 0xffff0000u, index % 2u == 1u));
  }
  let scales = unpack2x16float(pair);
  return select(scales.x, scales.y, index % 2u == 1u);
}
