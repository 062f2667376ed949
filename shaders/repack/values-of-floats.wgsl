// Four neighbouring numbers in f16, or in bf16 with BFLOATS. Needs blocks.wgsl.

fn values4(index: u32) -> vec4f {
  let lower = blocks[index / 2u];
  let upper = blocks[index / 2u + 1u];
  if (BFLOATS) {
    let words = vec4u(lower << 16u, lower & 0xffff0000u, upper << 16u, upper & 0xffff0000u);
    return bitcast<vec4f>(words);
  }
  return vec4f(unpack2x16float(lower), unpack2x16float(upper));
}
