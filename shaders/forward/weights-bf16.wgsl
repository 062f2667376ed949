// A matrix [rows, columns] of bf16 (the upper half of an f32), row-major, eight to a vec4u.
// columns % 8 == 0.

@group(0) @binding(0) var<storage, read> weights: array<vec4u>;

// weights[row, 8 * octet .. 8 * octet + 8]; the first four are column 0 of the result.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let packed = weights[row * (params.columns / 8u) + octet];
  let even = bitcast<vec4f>(packed << vec4u(16u));
  let odd = bitcast<vec4f>(packed & vec4u(0xffff0000u));
  return mat2x4f(vec4f(even.x, odd.x, even.y, odd.y), vec4f(even.z, odd.z, even.w, odd.w));
}

// This format has no groups of columns with a scale, so a code is the weight itself.
const CODE_UNITS = vec4f(1.0);
fn group_of(row: u32, octet: u32) -> vec2f { return vec2f(1.0, 0.0); }
fn codes8(row: u32, octet: u32, group: vec2f) -> mat2x4f { return weights8(row, octet); }
fn scale_of(group: vec2f) -> f32 { return 1.0; }
