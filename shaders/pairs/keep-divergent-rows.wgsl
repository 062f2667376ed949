// Copy the rows of the tokens in which two merged layers differ most, so that they are kept unmerged. A
// token diverges as much as the most divergent of its vectors (its keys or values of one head). Of tokens
// that diverge equally the earlier one is kept. The first `skip` tokens of the run are stored exactly
// elsewhere, so they rank behind all others. merged-layout.wgsl says what the results look like.
//
// divergence  [tokens, 2, KV_HEADS] f32, not negative, from merge-rows.wgsl
// keep, share [context, 2, KV_HEADS, HEAD_DIM] f16, two to a word
// kept_tokens [kept]
// kept_rows   [2, kept, 2, KV_HEADS, HEAD_DIM] f16, two to a word
//
// One workgroup copies one kept token. Each workgroup ranks all tokens by counting, in its own memory,
// because ranking them only once would cost another dispatch. run.tokens <= MAX_TOKENS.

@group(0) @binding(0) var<storage, read> divergence: array<f32>;
@group(0) @binding(1) var<storage, read> keep: array<vec2u>;
@group(0) @binding(2) var<storage, read> share: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> kept_tokens: array<u32>;
@group(0) @binding(4) var<storage, read_write> kept_rows: array<vec2u>;
@group(0) @binding(5) var<uniform> run: Run;

const WORKGROUP = 64u;

// Divergences as whole numbers in the same order. Whole numbers also order infinities and NaN.
var<workgroup> divergences: array<u32, MAX_TOKENS>;
var<workgroup> is_kept: array<bool, MAX_TOKENS>;

fn divergence_of(token: u32) -> u32 {
  if (token < run.skip) { return 0u; }
  var most = 0u;
  for (var i = 0u; i < VECTORS; i++) {
    most = max(most, bitcast<u32>(divergence[token * VECTORS + i]));
  }
  return most + 1u;
}

fn rank_of(token: u32) -> u32 {
  let own = divergences[token];
  var rank = 0u;
  for (var other = 0u; other < run.tokens; other++) {
    let before = divergences[other] > own || (divergences[other] == own && other < token);
    rank += select(0u, 1u, before);
  }
  return rank;
}

fn kept_token(slot: u32) -> u32 {
  var before = 0u;
  for (var token = 0u; token < run.tokens; token++) {
    if (!is_kept[token]) { continue; }
    if (before == slot) { return token; }
    before++;
  }
  return 0u;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  for (var token = index; token < run.tokens; token += WORKGROUP) {
    divergences[token] = divergence_of(token);
  }
  workgroupBarrier();
  for (var token = index; token < run.tokens; token += WORKGROUP) {
    is_kept[token] = rank_of(token) < run.kept;
  }
  workgroupBarrier();

  let slot = group.x;
  let token = kept_token(slot);
  if (index == 0u) { kept_tokens[slot] = token; }
  let cached = (run.start + token) * ROW_QUADS;
  for (var i = index; i < ROW_QUADS; i += WORKGROUP) {
    kept_rows[slot * ROW_QUADS + i] = keep[cached + i];
    kept_rows[(run.kept + slot) * ROW_QUADS + i] = share[cached + i];
  }
}
