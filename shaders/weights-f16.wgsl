// A matrix [rows, columns] of f16, row-major, eight to a vec4u. columns % 8 == 0.

@group(0) @binding(0) var<storage, read> weights: array<vec4u>;

/// weights[row, 8 * octet .. 8 * octet + 8], the first four in column 0.
fn weights8(row: u32, octet: u32) -> mat2x4f {
  let packed = weights[row * (params.columns / 8u) + octet];
  return mat2x4f(
    vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y)),
    vec4f(unpack2x16float(packed.z), unpack2x16float(packed.w)),
  );
}
