// A matrix [rows, columns] in MLC's 4-bit format: w = (code - 7) * scale, one scale for 32 columns
// of a row. columns % 32 == 0.
//
// weights: the codes, [rows, columns / 8] words, lowest nibble first; then the scales,
// [rows, columns / 32] in f16 or bf16 (two to a word) or f32. SCALE_BITS is 16 or 32, SCALE_BF16
// tells the 16-bit formats apart.

@group(0) @binding(0) var<storage, read> weights: array<u32>;

// weights[row, 8 * octet .. 8 * octet + 8]; the first four are column 0 of the result.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let group = group_of(row, octet);
  let codes = codes8(row, octet, group);
  let scale = CODE_UNITS * group.x;
  return mat2x4f(codes[0] * scale, codes[1] * scale);
}

// Codes for kernels that apply the scale to a whole group. Each column of the result stands for four weights, which
// are codes8 * CODE_UNITS * scale_of. The zero is subtracted from each code rather than from the sum of a group,
// because there the rounding of large inputs that cancel each other would remain.
fn codes8(row: u32, octet: u32, group: vec2f) -> mat2x4f {
  // Nibbles are masked where they stand, and CODE_UNITS scales them back by an exact power of two. On software
  // adapters a shift by a vector and a conversion from u32 cost several times as much.
  let packed = bitcast<i32>(weights[row * (params.columns / 8u) + octet]);
  let low = vec4i(packed) & NIBBLES;
  let high = vec4i(packed >> 16u) & NIBBLES;
  return mat2x4f(vec4f(low) - ZEROS, vec4f(high) - ZEROS);
}

const NIBBLES = vec4i(0xf, 0xf0, 0xf00, 0xf000);
const ZEROS = vec4f(0x7, 0x70, 0x700, 0x7000);
const CODE_UNITS = vec4f(1.0, 0x1p-4, 0x1p-8, 0x1p-12);

fn scale_of(group: vec2f) -> f32 { return group.x; }

// The scale of the group that an octet belongs to. There is no minimum.
fn group_of(row: u32, octet: u32) -> vec2f {
  let first = params.rows * (params.columns / 8u);
  return vec2f(group_scale(first, row * (params.columns / 32u) + octet / 4u), 0.0);
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
