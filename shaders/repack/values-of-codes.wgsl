// The numbers of sixteen columns of quantized blocks, which are of one group. Needs a file that reads the blocks of a type,
// and repack-values.wgsl.

fn write_unit(to: u32, stored: u32) {
  let block = BLOCK_BYTES * (stored / BLOCK_COLUMNS);
  let column = stored % BLOCK_COLUMNS;
  let bytes = bitcast<i32>(group_bytes(block, column));
  let factors = vec2f(f32(extractBits(bytes, 0u, 8u)), f32(extractBits(bytes, 8u, 8u)));
  let pair = factors * unpack2x16float(pair_of(block));
  let packed = codes16(block, column);
  // unroll
  for (var i = 0u; i < 4u; i++) {
    let four = vec4u(packed[i], packed[i] >> 8u, packed[i] >> 16u, packed[i] >> 24u);
    let codes = vec4f(four & vec4u(0xffu)) - f32(ZERO);
    write4(to + 4u * i, codes * pair.x + pair.y);
  }
}
