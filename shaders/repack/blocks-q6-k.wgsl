// Blocks of 256 columns in 16 groups, each with a signed byte that one f16 is multiplied by: Q6_K.
// w = scale * (code - 32). Needs blocks.wgsl.
//
// In a block: for each half of 128 columns 64 bytes of lower nibbles, then for each half 32 bytes of upper bit pairs, then
// the 16 bytes, then the f16. A half has four runs of 32 columns: nibbles of runs r and r + 2 share a byte, and the
// pairs of all four do.

const BLOCK_COLUMNS = 256u;

// The codes of sixteen columns, one to a byte. column % 16 == 0.
fn codes16(block: u32, column: u32) -> vec4u {
  let side = column / 128u;
  let run = (column / 32u) % 4u;
  let inside = column % 32u;
  let nibbles = block + 64u * side + 32u * (run % 2u) + inside;
  let low = (words4_at(nibbles) >> vec4u(4u * (run / 2u))) & vec4u(0x0f0f0f0fu);
  let pairs = words4_at(block + 128u + 32u * side + inside);
  let high = (pairs >> vec4u(2u * run)) & vec4u(0x03030303u);
  return low | (high << vec4u(4u));
}

// The f16, and 0 in the minimum's place.
fn pair_of(block: u32) -> u32 { return half_at(block + 208u); }

// The factors of a column's group: the scale's in the lowest byte, then the minimum's.
fn group_bytes(block: u32, column: u32) -> u32 { return byte_at(block + 192u + column / 16u); }
