// Convert eight f16 to f32. They lie two to a word, the lower half first.
//
// With NATIVE_HALVES the hardware's instruction converts them. Without it their bits are moved: an f16 that
// is moved to where an f32 has its exponent is 2^-112 of itself. That is exact for all finite numbers but
// subnormals, which may become 0 (WGSL allows this either way). Software adapters are faster with it.

fn halves8(packed: vec4u) -> mat2x4f {
  if (NATIVE_HALVES) {
    return mat2x4f(
      vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y)),
      vec4f(unpack2x16float(packed.z), unpack2x16float(packed.w)),
    );
  }
  // An arithmetic shift keeps the sign. The mask clears the copies of the sign that it shifted in.
  let kept = vec4i(-0x70002000); // 0x8fffe000
  let even = bitcast<vec4f>((bitcast<vec4i>(packed << vec4u(16u)) >> vec4u(3u)) & kept) * 0x1p112;
  let odd = bitcast<vec4f>((bitcast<vec4i>(packed) >> vec4u(3u)) & kept) * 0x1p112;
  return mat2x4f(vec4f(even.x, odd.x, even.y, odd.y), vec4f(even.z, odd.z, even.w, odd.w));
}
