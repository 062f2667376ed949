// Attention scores of sampled queries of the step against one layer's keys: rows of q . k / sqrt(SCORE_WIDTH).
// The attention kernel never has scores in memory, but the similarity estimator (Krul, arXiv:2507.08045)
// needs those of a few rows. attention-rows-mean.wgsl turns them into attention weights.
//
// qkv    [tokens, HEADS + 2 * KV_HEADS, HEAD_DIM] f32; only the rotated queries are read
// cache  [context, 2, KV_HEADS, HEAD_DIM] f16: keys, then values, of a position; only keys are read
// scores [rows, HEADS, SLICES * SLICE] f32; only those of positions up to the row's own are written
// stats  [rows, HEADS, SLICES] vec2f: each slice's largest score and sum of weights relative to it
//
// Sampled row r is the step's token sample.first + r * sample.stride. One invocation computes SLICE
// positions of one row, for SHARED query heads that read the same keys. Neighbouring invocations take
// neighbouring rows, which read the same keys too.
// QUADS = HEAD_DIM / 4, OCTETS = HEAD_DIM / 8; HEADS / KV_HEADS is a multiple of SHARED.

struct Step { position: u32, tokens: u32 }
struct Sample { first: u32, stride: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> cache: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(4) var<uniform> step: Step;
@group(0) @binding(5) var<uniform> sample: Sample;

const LOWEST = -3.0e38;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x % sample.rows;
  let slice = id.x / sample.rows;
  let token = sample.first + row * sample.stride;
  let seen = step.position + token + 1u;
  let start = slice * SLICE;
  if (start >= seen) { return; }
  let end = min(start + SLICE, seen);
  let first_head = id.y * SHARED;
  let kv_head = first_head / (HEADS / KV_HEADS);

  var q: array<vec4f, SHARED * QUADS>;
  var weight: array<f32, SHARED>;
  var largest: array<f32, SHARED>;
  let query = (token * (HEADS + 2u * KV_HEADS) + first_head) * QUADS;
  for (var i = 0u; i < SHARED * QUADS; i++) {
    q[i] = qkv[query + i] * inverseSqrt(f32(SCORE_WIDTH));
  }
  // unroll
  for (var h = 0u; h < SHARED; h++) { largest[h] = LOWEST; }

  let row_head = row * HEADS + first_head;
  for (var position = start; position < end; position++) {
    let keys = (position * 2u * KV_HEADS + kv_head) * OCTETS;
    // The zero is written out, because some drivers clear an implicit one only before the first turn.
    var score = array<f32, SHARED>();
    // unroll
    for (var c = 0u; c < OCTETS; c++) {
      let k = halves8(cache[keys + c]);
      // unroll
      for (var h = 0u; h < SHARED; h++) {
        score[h] += dot(q[h * QUADS + 2u * c], k[0]) + dot(q[h * QUADS + 2u * c + 1u], k[1]);
      }
    }
    // unroll
    for (var h = 0u; h < SHARED; h++) {
      if (score[h] > largest[h]) {
        weight[h] *= exp(largest[h] - score[h]);
        largest[h] = score[h];
      }
      weight[h] += exp(score[h] - largest[h]);
      scores[(row_head + h) * SLICES * SLICE + position] = score[h];
    }
  }
  // unroll
  for (var h = 0u; h < SHARED; h++) {
    stats[(row_head + h) * SLICES + slice] = vec2f(largest[h], weight[h]);
  }
}
