// Part the rows that merge-rows.wgsl merged: each layer gets direction * magnitude, to the nearest f16.
// Rows of the tokens that keep-divergent-rows.wgsl kept are copied instead. merged-layout.wgsl says what the
// kernel reads. The product of two f16 is exact in f32, so all adapters make the same bits.
//
// directions  [tokens, 2, KV_HEADS, HEAD_DIM] f16, two to a word
// magnitudes  [tokens, 2, KV_HEADS] f16 of both layers
// kept_tokens [kept]
// kept_rows   [2, kept, 2, KV_HEADS, HEAD_DIM] f16, two to a word
// keep, share [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word
//
// LANES invocations make a token's rows of both layers. Each takes every LANES-th quad, SPAN quads at most,
// because it first has to find out whether the token is kept. Which words an invocation reads and writes
// depends only on its number and on the slot that names its token. So any words at all may be parted, and
// give finite rows. A kept token outside the run is ignored, and of a token that is kept twice the last
// copy counts. Rows of the first `skip` tokens stay as they are in the cache.

@group(0) @binding(0) var<storage, read> directions: array<vec2u>;
@group(0) @binding(1) var<storage, read> magnitudes: array<u32>;
@group(0) @binding(2) var<storage, read> kept_tokens: array<u32>;
@group(0) @binding(3) var<storage, read> kept_rows: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> keep: array<vec2u>;
@group(0) @binding(5) var<storage, read_write> share: array<vec2u>;
@group(0) @binding(6) var<uniform> run: Run;

const SPAN = 4u;
const LANES = (ROW_QUADS + SPAN - 1u) / SPAN;

fn numbers(words: vec2u) -> vec4f {
  return vec4f(
    half_value(words.x), half_value(words.x >> 16u), half_value(words.y), half_value(words.y >> 16u),
  );
}

fn pack(x: vec4f) -> vec2u {
  return vec2u(half_bits(x.x) | (half_bits(x.y) << 16u), half_bits(x.z) | (half_bits(x.w) << 16u));
}

// Both f16 of each word, where infinities and NaN become the largest finite number.
fn finite(words: vec2u) -> vec2u {
  let low = min(words & vec2u(0x7fffu), vec2u(0x7bffu));
  let high = min(words & vec2u(0x7fff0000u), vec2u(0x7bff0000u));
  return (words & vec2u(0x80008000u)) | low | high;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = id.x / LANES;
  let lane = id.x % LANES;
  if (token < run.skip || token >= run.tokens) { return; }
  let row = token * ROW_QUADS;
  let cached = (run.start + token) * ROW_QUADS;

  var slot = run.kept;
  for (var i = 0u; i < run.kept; i++) { slot = select(slot, i, kept_tokens[i] == token); }
  if (slot < run.kept) {
    for (var quad = lane; quad < ROW_QUADS; quad += LANES) {
      keep[cached + quad] = finite(kept_rows[slot * ROW_QUADS + quad]);
      share[cached + quad] = finite(kept_rows[(run.kept + slot) * ROW_QUADS + quad]);
    }
    return;
  }
  for (var quad = lane; quad < ROW_QUADS; quad += LANES) {
    let direction = numbers(directions[row + quad]);
    let magnitude = magnitudes[(row + quad) / VECTOR_QUADS];
    keep[cached + quad] = pack(direction * half_value(magnitude));
    share[cached + quad] = pack(direction * half_value(magnitude >> 16u));
  }
}
