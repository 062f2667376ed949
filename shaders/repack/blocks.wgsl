// Rows of a tensor as a GGUF file has them, read at any byte, and the row of the weight that each of them becomes.
//
// blocks   the bytes of `rows` rows of whole blocks, little-endian
// weights  the buffer of the weight, which has weight_rows rows
//
// first_row is the weight's row at which the rows begin. If head_dim is not 0, the rows of every head of so many rows are
// pairs: row 2j of a head becomes row j, and row 2j + 1 becomes row j + head_dim / 2.

struct Params { rows: u32, columns: u32, first_row: u32, weight_rows: u32, head_dim: u32 }

@group(0) @binding(0) var<storage, read> blocks: array<u32>;
@group(0) @binding(1) var<storage, read_write> weights: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn byte_at(at: u32) -> u32 { return (blocks[at / 4u] >> (8u * (at % 4u))) & 0xffu; }

fn half_at(at: u32) -> u32 { return word_at(at) & 0xffffu; }

fn word_at(at: u32) -> u32 {
  let first = at / 4u;
  let shift = 8u * (at % 4u);
  if (shift == 0u) { return blocks[first]; }
  return (blocks[first] >> shift) | (blocks[first + 1u] << (32u - shift));
}

// Sixteen bytes.
fn words4_at(at: u32) -> vec4u {
  let first = at / 4u;
  let shift = 8u * (at % 4u);
  let words = vec4u(blocks[first], blocks[first + 1u], blocks[first + 2u], blocks[first + 3u]);
  if (shift == 0u) { return words; }
  let after = vec4u(words.yzw, blocks[first + 4u]);
  return (words >> vec4u(shift)) | (after << vec4u(32u - shift));
}

fn weight_row(row: u32) -> u32 {
  let stored = params.first_row + row;
  if (params.head_dim == 0u) { return stored; }
  let in_head = stored % params.head_dim;
  return stored - in_head + in_head / 2u + (in_head % 2u) * (params.head_dim / 2u);
}
