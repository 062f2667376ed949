// Eight f16, two to a word, lowest half first, as f32. NATIVE_HALVES: by the hardware's instruction.
// Without it, by moving the bits: an f16 moved to where f32 has its exponent is 2^-112 of itself. That
// is exact for all finite numbers but subnormals, which may become 0 (as WGSL allows either way), and
// is what software adapters are faster with.

fn halves8(packed: vec4u) -> mat2x4f {
  if (NATIVE_HALVES) {
    return mat2x4f(
      vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y)),
      vec4f(unpack2x16float(packed.z), unpack2x16float(packed.w)),
    );
  }
  // An arithmetic shift keeps the sign; the mask clears what it drew along.
  let kept = vec4i(-0x70002000); // 0x8fffe000
  let even = bitcast<vec4f>((bitcast<vec4i>(packed << vec4u(16u)) >> vec4u(3u)) & kept) * 0x1p112;
  let odd = bitcast<vec4f>((bitcast<vec4i>(packed) >> vec4u(3u)) & kept) * 0x1p112;
  return mat2x4f(vec4f(even.x, odd.x, even.y, odd.y), vec4f(even.z, odd.z, even.w, odd.w));
}
