// Codes of 4 bits of a matrix [rows, columns], row-major, eight to a word, lowest nibble first. columns % 32 == 0.
// weights-affine.wgsl says what lies behind the codes.

@group(0) @binding(0) var<storage, read> weights: array<u32>;

const CODES_OF_WORD = 8u;

fn word_at(index: u32) -> u32 { return weights[index]; }

// Eight codes, in units of 1 / CODE_UNITS. They are masked where they stand, because on software adapters a shift by a
// vector and a conversion from u32 cost several times as much.
fn raw8(row: u32, octet: u32) -> mat2x4f {
  let packed = bitcast<i32>(weights[row * (params.columns / 8u) + octet]);
  return mat2x4f(vec4f(vec4i(packed) & NIBBLES), vec4f(vec4i(packed >> 16u) & NIBBLES));
}

const NIBBLES = vec4i(0xf, 0xf0, 0xf00, 0xf000);
const CODE_UNITS = vec4f(1.0, 0x1p-4, 0x1p-8, 0x1p-12);
const UNITS_OF_ONE = vec4f(1.0, 0x1p4, 0x1p8, 0x1p12);
