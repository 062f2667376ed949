// A matrix [rows, columns] of f32, row-major. columns % 8 == 0.

@group(0) @binding(0) var<storage, read> weights: array<vec4f>;

// weights[row, 8 * octet .. 8 * octet + 8]; the first four are column 0 of the result.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let first = row * (params.columns / 4u) + 2u * octet;
  return mat2x4f(weights[first], weights[first + 1u]);
}

// This format has no groups of columns with a scale, so a code is the weight itself.
const CODE_UNITS = vec4f(1.0);
fn group_of(row: u32, octet: u32) -> vec2f { return vec2f(1.0, 0.0); }
fn codes8(row: u32, octet: u32, group: vec2f) -> mat2x4f { return weights8(row, octet); }
fn scale_of(group: vec2f) -> f32 { return 1.0; }
