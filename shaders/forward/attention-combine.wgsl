// Combine the results of all slices of a decode step's attention (flash-decoding):
// y[h] = sum_s e^(m_s - m) partial_s[h] / sum_s e^(m_s - m) l_s, with m = max_s m_s.
//
// partial [slices, HEADS, HEAD_DIM] f32, weighted sums of values
// stats   [slices, HEADS] vec2f: m_s the largest score, l_s the sum of weights
// y       [HEADS, HEAD_DIM] f32
//
// One invocation computes four channels of a head.

struct Step { position: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> partial: array<vec4f>;
@group(0) @binding(1) var<storage, read> stats: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> step: Step;

const QUADS = HEAD_DIM / 4u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= HEADS * QUADS) { return; }
  let head = id.x / QUADS;
  let slices = step.position / SLICE + 1u;
  var largest = stats[head].x;
  for (var s = 1u; s < slices; s++) { largest = max(largest, stats[s * HEADS + head].x); }
  var sum = vec4f();
  var weight = 0.0;
  for (var s = 0u; s < slices; s++) {
    let stat = stats[s * HEADS + head];
    let scale = exp(stat.x - largest);
    sum += scale * partial[s * HEADS * QUADS + id.x];
    weight += scale * stat.y;
  }
  y[id.x] = sum / weight;
}
