// Blocks of 32 columns with a scale and, if HAS_MINIMUM, a minimum in f16: w = scale * (code - ZERO) + minimum.
// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. Needs blocks.wgsl.
//
// In a block: the scale, the minimum, then with CODE_BITS = 5 a word with the highest bits of the codes, then the nibbles
// of columns k and k + 16 in one byte, or signed bytes with CODE_BITS = 8.

const BLOCK_COLUMNS = 32u;

// The codes of sixteen columns, one to a byte. column % 16 == 0.
fn codes16(block: u32, column: u32) -> vec4u {
  let begin = block + select(2u, 4u, HAS_MINIMUM);
  if (CODE_BITS == 8u) { return words4_at(begin + column) ^ vec4u(0x80808080u); }
  let nibbles = words4_at(begin + select(0u, 4u, CODE_BITS == 5u));
  let low = (nibbles >> vec4u(column / 4u)) & vec4u(0x0f0f0f0fu);
  if (CODE_BITS == 4u) { return low; }
  // Four neighbouring bits at a time, each to the lowest bit of a byte.
  let bits = word_at(begin) >> column;
  let fours = vec4u(bits, bits >> 4u, bits >> 8u, bits >> 12u) & vec4u(0xfu);
  return low | (((fours * 0x204081u) & vec4u(0x01010101u)) << vec4u(4u));
}

// The scale and the minimum in f16.
fn pair_of(block: u32) -> u32 {
  if (HAS_MINIMUM) { return word_at(block); }
  return half_at(block);
}

// There is one group: the pair is its scale and minimum.
fn group_bytes(block: u32, column: u32) -> u32 { return 0x0101u; }
