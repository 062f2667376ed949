// Add the second moments of a step's sampled queries to the sums of their layer:
//   M[kv head][c][d] += q[c] q[d], over the sampled rows and the query heads that share the KV head
// The queries are first rotated back to position 0 (RoPE undone, half-split; arXiv:2104.09864).
//
// rotation [context, HEAD_DIM / 2] vec2f: cosine and sine of position * frequency
// qkv      [tokens, ROW_HEADS, HEAD_DIM] f32; only the rotated queries, which come first, are read
// moments  [layers, KV_HEADS, QUADS, QUADS, 4] vec4f: both dimensions of M in quads of channels
//
// Quad j is the channels 2j, 2j + 1 and their RoPE partners HEAD_DIM / 2 further. One invocation adds up the
// 4 by 4 products of a pair of quads (a, b) of one KV head, for all sampled rows. Only pairs with a <= b are
// written. HEAD_DIM % 4 == 0. ROW_HEADS is HEADS + 2 * KV_HEADS, or HEADS in a layer that attends to the keys of another
// one and has none itself.

struct Step { position: u32, tokens: u32 }
struct Sample { first: u32, stride: u32, rows: u32 }

@group(0) @binding(0) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(1) var<storage, read> qkv: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> moments: array<vec4f>;
@group(0) @binding(3) var<uniform> step: Step;
@group(0) @binding(4) var<uniform> sample: Sample;
@group(0) @binding(5) var<uniform> layer: u32;

const PAIRS = HEAD_DIM / 2u;
const QUADS = HEAD_DIM / 4u;
const SHARED = HEADS / KV_HEADS;

// A quad of a query's head, rotated back. `turn` holds cosine and sine of channel 2j, then of 2j + 1.
fn quad_of(head_start: u32, j: u32, turn: vec4f) -> vec4f {
  let x = vec4f(qkv[head_start + j], qkv[head_start + QUADS + j]);
  return vec4f(x.xy * turn.xz + x.zw * turn.yw, x.zw * turn.xz - x.xy * turn.yw);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let b = id.x % QUADS;
  let a = id.x / QUADS % QUADS;
  let kv_head = id.x / QUADS / QUADS;
  if (kv_head >= KV_HEADS || a > b) { return; }

  var sums: array<vec4f, 4>; // [channel of a] over channels of b
  for (var row = 0u; row < sample.rows; row++) {
    let token = sample.first + row * sample.stride;
    let at = (step.position + token) * QUADS;
    let turn_a = rotation[at + a];
    let turn_b = rotation[at + b];
    let first = (token * ROW_HEADS + kv_head * SHARED) * PAIRS;
    for (var head = 0u; head < SHARED; head++) {
      let x = quad_of(first + head * PAIRS, a, turn_a);
      let y = quad_of(first + head * PAIRS, b, turn_b);
      // unroll
      for (var i = 0u; i < 4u; i++) { sums[i] += x[i] * y; }
    }
  }
  let block = 4u * (((layer * KV_HEADS + kv_head) * QUADS + a) * QUADS + b);
  // unroll
  for (var i = 0u; i < 4u; i++) { moments[block + i] += sums[i]; }
}
