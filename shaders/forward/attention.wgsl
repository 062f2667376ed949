// Causal attention of the step's queries over the KV cache, with an online softmax (Milakov and
// Gimelshein, arXiv:1805.02867; FlashAttention, arXiv:2205.14135), so that no score matrix is in memory:
//   y[h] = sum_p softmax_p(q[h] . k[p] / sqrt(SCORE_WIDTH)) v[p], over all positions p up to the query's own
//
// qkv   [tokens, ROW_HEADS, HEAD_DIM] f32; only the rotated queries are read, which come first
// cache [context, 2, KV_HEADS, HEAD_DIM] f16: keys, then values, of a position
// y     sliced:     [slices, HEADS, HEAD_DIM] f32, each slice's weighted sum of values
//       not sliced: [tokens, HEADS, HEAD_DIM] f32, the attention's output
// stats sliced:     [slices, HEADS] vec2f, each slice's largest score and sum of weights
//       not sliced: not written
//
// One invocation takes SHARED query heads that read the same keys (grouped-query attention,
// arXiv:2305.13245) and goes through the positions one by one, with queries and sums in registers.
//   sliced (decode):      there is one query; an invocation takes SLICE positions of it, and
//                         attention-combine.wgsl combines the slices
//   not sliced (prefill): an invocation takes one query and all positions from 0 up to its own, so that a
//                         row's result does not depend on how the prompt was cut into steps
// SLICED is 0 (prefill), 1 (decode) or BY_STEP. With BY_STEP the uniform `step.sliced` says which of the two
// it is, and one kernel serves both.
// SCORE_WIDTH is HEAD_DIM in most models. QUADS = HEAD_DIM / 4, OCTETS = HEAD_DIM / 8; HEADS / KV_HEADS is a multiple of SHARED.
// ROW_HEADS is HEADS + 2 * KV_HEADS, or HEADS in a layer that attends to the cache of another one and has no K and V.

const BY_STEP = 2u;

struct Step { position: u32, tokens: u32, sliced: u32 }

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> cache: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(4) var<uniform> step: Step;

const LOWEST = -3.0e38;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let sliced = select(SLICED, step.sliced, SLICED == BY_STEP) == 1u;
  let token = select(id.x, 0u, sliced);
  let context = step.position + token + 1u;
  let start = select(0u, id.x * SLICE, sliced);
  if (token >= step.tokens || start >= context) { return; }
  let end = select(context, min(start + SLICE, context), sliced);
  let first_head = id.y * SHARED;
  let kv_head = first_head / (HEADS / KV_HEADS);

  var q: array<vec4f, SHARED * QUADS>;
  var sum: array<vec4f, SHARED * QUADS>;
  var weight: array<f32, SHARED>;
  var largest: array<f32, SHARED>;
  let query = (token * ROW_HEADS + first_head) * QUADS;
  for (var i = 0u; i < SHARED * QUADS; i++) {
    q[i] = qkv[query + i] * inverseSqrt(f32(SCORE_WIDTH));
  }
  // unroll
  for (var h = 0u; h < SHARED; h++) { largest[h] = LOWEST; }

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
        let shrink = exp(largest[h] - score[h]);
        largest[h] = score[h];
        weight[h] *= shrink;
        // unroll
        for (var i = 0u; i < QUADS; i++) { sum[h * QUADS + i] *= shrink; }
      }
      score[h] = exp(score[h] - largest[h]);
      weight[h] += score[h];
    }
    let values = keys + KV_HEADS * OCTETS;
    // unroll
    for (var c = 0u; c < OCTETS; c++) {
      let v = halves8(cache[values + c]);
      // unroll
      for (var h = 0u; h < SHARED; h++) {
        sum[h * QUADS + 2u * c] += score[h] * v[0];
        sum[h * QUADS + 2u * c + 1u] += score[h] * v[1];
      }
    }
  }

  let row = id.x * HEADS + first_head;
  // unroll
  for (var h = 0u; h < SHARED; h++) {
    if (sliced) { stats[row + h] = vec2f(largest[h], weight[h]); }
    let scale = select(1.0 / weight[h], 1.0, sliced);
    // unroll
    for (var i = 0u; i < QUADS; i++) { y[(row + h) * QUADS + i] = sum[h * QUADS + i] * scale; }
  }
}
