// Blocks of 32 columns with a scale and, if HAS_MINIMUM, a minimum in f16: w = scale * (code - ZERO) + minimum.
// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. Needs blocks.wgsl.
//
// In a block: the scale, the minimum, then with CODE_BITS = 5 a word with the highest bits of the codes, then the nibbles
// of columns k and k + 16 in one byte, or signed bytes with CODE_BITS = 8.

const BLOCK_COLUMNS = 32u;

// The codes of four columns, one to a byte. column % 4 == 0.
fn codes4(block: u32, column: u32) -> u32 {
  let begin = block + select(2u, 4u, HAS_MINIMUM);
  if (CODE_BITS == 8u) { return word_at(begin + column) ^ 0x80808080u; }
  let nibbles = begin + select(0u, 4u, CODE_BITS == 5u);
  let low = (word_at(nibbles + column % 16u) >> (4u * (column / 16u))) & 0x0f0f0f0fu;
  if (CODE_BITS == 4u) { return low; }
  // Four neighbouring bits, each to the lowest bit of a byte.
  let high = (((word_at(begin) >> column) & 0xfu) * 0x204081u) & 0x01010101u;
  return low | (high << 4u);
}

// The scale and the minimum in f16.
fn pair_of(block: u32) -> u32 {
  if (HAS_MINIMUM) { return word_at(block); }
  return half_at(block);
}

// There is one group: the pair is its scale and minimum.
fn group_bytes(block: u32, column: u32) -> u32 { return 0x0101u; }
