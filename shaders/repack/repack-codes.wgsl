// Put quantized blocks into a matrix of affine codes; weights-affine.wgsl has its layout. Needs blocks.wgsl and one of the
// files that read the blocks of a type.
//
// One invocation writes the codes of UNIT_COLUMNS columns of one row, which have a word of scales of their own: the pair of
// a group, or the bytes of two groups. The first one of a block also writes what its bytes are factors of.

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = UNIT_COLUMNS * id.x;
  let row = id.y;
  if (column >= params.columns || row >= params.rows) { return; }
  let block = BLOCK_BYTES * ((row * params.columns + column) / BLOCK_COLUMNS);
  let inside = column % BLOCK_COLUMNS;
  let first = weight_row(row) * params.columns + column;

  for (var at = 0u; at < UNIT_COLUMNS; at += 16u) {
    write_codes((first + at) / CODES_OF_WORD, codes16(block, inside + at));
  }
  let size = params.weight_rows * params.columns;
  let scales = size / CODES_OF_WORD;
  if (!GROUP_BYTES) {
    weights[scales + first / UNIT_COLUMNS] = stored_pair(block);
    return;
  }
  weights[scales + first / UNIT_COLUMNS] =
    group_bytes(block, inside) | (group_bytes(block, inside + UNIT_COLUMNS / 2u) << 16u);
  if (inside == 0u) {
    weights[scales + size / UNIT_COLUMNS + first / BLOCK_COLUMNS] = pair_of(block);
  }
}

// Writes sixteen codes. In 8 bits, code 128 stands for the minimum; in 4 bits, code 0 does.
fn write_codes(word: u32, codes: vec4u) {
  if (CODES_OF_WORD == 4u) {
    let stored = codes + vec4u((128u - ZERO) * 0x01010101u);
    // unroll
    for (var i = 0u; i < 4u; i++) { weights[word + i] = stored[i]; }
    return;
  }
  // The low nibbles of each four bytes, side by side.
  let pairs = (codes | (codes >> vec4u(4u))) & vec4u(0x00ff00ffu);
  let nibbles = (pairs | (pairs >> vec4u(8u))) & vec4u(0xffffu);
  weights[word] = nibbles.x | (nibbles.y << 16u);
  weights[word + 1u] = nibbles.z | (nibbles.w << 16u);
}

// A block's scale and minimum. Where code 0 has to stand for the minimum, that is -ZERO * scale. It is exact up to the
// largest f16, beyond which it stays at that.
fn stored_pair(block: u32) -> u32 {
  let pair = pair_of(block);
  if (CODES_OF_WORD == 4u || ZERO == 0u) { return pair; }
  let minimum = clamp(-f32(ZERO) * unpack2x16float(pair).x, -65504.0, 65504.0);
  return pair | pack2x16float(vec2f(0.0, minimum));
}
