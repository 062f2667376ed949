// Codes of 8 bits of a matrix [rows, columns], row-major, eight to a vec2u, lowest byte first. Code 128 stands for 0.
// columns % 32 == 0. weights-affine.wgsl says what lies behind the codes.

@group(0) @binding(0) var<storage, read> weights: array<vec2u>;

const CODES_OF_WORD = 4u;

fn word_at(index: u32) -> u32 { return weights[index / 2u][index % 2u]; }

// Eight codes less 128, in units of 1 / CODE_UNITS. They are masked where they stand, because on software adapters a
// shift by a vector and a conversion from u32 cost several times as much.
fn raw8(row: u32, octet: u32) -> mat2x4f {
  let packed = bitcast<vec2i>(weights[row * (params.columns / 8u) + octet]);
  return mat2x4f(raw4(packed.x), raw4(packed.y));
}

fn raw4(packed: i32) -> vec4f {
  let upper = packed >> 16u;
  return vec4f(vec4i(packed, packed, upper, upper) & BYTES) - ZEROS;
}

const BYTES = vec4i(0xff, 0xff00, 0xff, 0xff00);
const ZEROS = vec4f(0x80, 0x8000, 0x80, 0x8000);
const CODE_UNITS = vec4f(1.0, 0x1p-8, 1.0, 0x1p-8);
const UNITS_OF_ONE = vec4f(1.0, 0x1p8, 1.0, 0x1p8);
