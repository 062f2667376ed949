// Eight numbers in f16, or in bf16 with BFLOATS. Needs repack-values.wgsl.

fn write_unit(to: u32, stored: u32) {
  for (var i = 0u; i < 8u; i += 4u) {
    let lower = blocks[(stored + i) / 2u];
    let upper = blocks[(stored + i) / 2u + 1u];
    if (BFLOATS) {
      let words = vec4u(lower << 16u, lower & 0xffff0000u, upper << 16u, upper & 0xffff0000u);
      write4(to + i, bitcast<vec4f>(words));
    } else {
      write4(to + i, vec4f(unpack2x16float(lower), unpack2x16float(upper)));
    }
  }
}
