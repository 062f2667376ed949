// The numbers of four columns of quantized blocks. Needs a file that reads the blocks of a type.

fn values4(index: u32) -> vec4f {
  let block = BLOCK_BYTES * (index / BLOCK_COLUMNS);
  let column = index % BLOCK_COLUMNS;
  let packed = codes4(block, column);
  let codes = vec4f(vec4u(packed, packed >> 8u, packed >> 16u, packed >> 24u) & vec4u(0xffu)) - f32(ZERO);
  let bytes = bitcast<i32>(group_bytes(block, column));
  let factors = vec2f(f32(extractBits(bytes, 0u, 8u)), f32(extractBits(bytes, 8u, 8u)));
  let pair = factors * unpack2x16float(pair_of(block));
  return codes * pair.x + pair.y;
}
