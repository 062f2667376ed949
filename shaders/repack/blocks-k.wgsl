// Blocks of 256 columns in groups, whose scales and minima are small factors of two f16: Q4_K and Q5_K, of eight groups of
// 32 columns. w = scale * code - minimum. Needs blocks.wgsl.
//
// In a block: two f16; 12 bytes of 6-bit factors; with CODE_BITS = 5, 32 bytes that have the highest bit of a code of
// each group; then the nibbles of groups 2j and 2j + 1, 32 bytes for each j.

const BLOCK_COLUMNS = 256u;

// The codes of sixteen columns, one to a byte. column % 16 == 0.
fn codes16(block: u32, column: u32) -> vec4u {
  let group = column / 32u;
  let inside = column % 32u;
  let nibbles = block + select(16u, 48u, CODE_BITS == 5u) + 32u * (group / 2u);
  let low = (words4_at(nibbles + inside) >> vec4u(4u * (group % 2u))) & vec4u(0x0f0f0f0fu);
  if (CODE_BITS == 4u) { return low; }
  let high = (words4_at(block + 16u + inside) >> vec4u(group)) & vec4u(0x01010101u);
  return low | (high << vec4u(4u));
}

// The two f16. The minimum is subtracted, so the sign of its f16 is turned.
fn pair_of(block: u32) -> u32 { return word_at(block) ^ 0x80000000u; }

// The factors of a column's group: the scale's in the lowest byte, then the minimum's.
fn group_bytes(block: u32, column: u32) -> u32 {
  let group = column / 32u;
  let factors = block + 4u;
  if (group < 4u) {
    return (byte_at(factors + group) & 63u) | ((byte_at(factors + 4u + group) & 63u) << 8u);
  }
  let low = byte_at(factors + 4u + group);
  let scale = (low & 15u) | ((byte_at(factors + group - 4u) >> 6u) << 4u);
  let minimum = (low >> 4u) | ((byte_at(factors + group) >> 6u) << 4u);
  return scale | (minimum << 8u);
}
