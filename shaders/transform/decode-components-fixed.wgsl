// Decode a block of quantised components in which all codes of a component have the same number of bits.
//
// block  the stored words; codes follow one another from the lowest bit of a word on, across words
// params number of tokens; then [live, 2]: first word of each live component, bits of its codes (1 to 16)
// tables not read
// codes  [live, tokens] f32, integers
//
// One workgroup decodes one component, and one invocation every 32nd token of it. Which words an invocation
// reads depends on `params` alone. A component ends with a whole word, so no code reads beyond it.

@group(0) @binding(0) var<storage, read> block: array<u32>;
@group(0) @binding(1) var<storage, read> params: array<u32>;
@group(0) @binding(2) var<storage, read> tables: array<u32>;
@group(0) @binding(3) var<storage, read_write> codes: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tokens = params[0];
  let first = params[1u + 2u * group.x];
  let width = params[2u + 2u * group.x];
  for (var token = lane; token < tokens; token += LANES) {
    let bit = token * width % 32u;
    let at = first + token * width / 32u;
    var code = block[at] >> bit;
    if (bit + width > 32u) {
      code |= block[at + 1u] << (32u - bit);
    }
    codes[group.x * tokens + token] = f32(extractBits(bitcast<i32>(code), 0u, width));
  }
}
