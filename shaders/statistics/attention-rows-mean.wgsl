// Attention weights of sampled queries (rows) from their scores, which attention-rows.wgsl computed: the
// softmax over positions, averaged over each group of heads.
//
// scores  [rows, HEADS, SLICES * SLICE] f32, known for positions up to the row's own
// stats   [rows, HEADS, SLICES] vec2f: each slice's largest score and sum of weights relative to it
// weights [layers, ROWS, GROUPS, SLICES * SLICE] f32; those of one layer are written. They are 0 for
//         positions past the row's own, up to the end of the slice that holds the step's last position.
//
// One invocation takes SLICE positions of one row and one group of HEADS / GROUPS heads.
// SLICE_QUADS = SLICE / 4.

struct Step { position: u32, tokens: u32 }
struct Sample { first: u32, stride: u32, rows: u32 }
struct Place { layer: u32 }

@group(0) @binding(0) var<storage, read> scores: array<vec4f>;
@group(0) @binding(1) var<storage, read> stats: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(3) var<uniform> step: Step;
@group(0) @binding(4) var<uniform> sample: Sample;
@group(0) @binding(5) var<uniform> place: Place;

const LOWEST = -3.0e38;
const GROUP_HEADS = HEADS / GROUPS;

// Largest score of a row's head, and the factor that makes its weights add up to 1.
fn scale_of(row_head: u32, slices: u32) -> vec2f {
  var largest = LOWEST;
  var sum = 0.0;
  for (var i = row_head * SLICES; i < row_head * SLICES + slices; i++) {
    let part = stats[i];
    let top = max(largest, part.x);
    sum = sum * exp(largest - top) + part.y * exp(part.x - top);
    largest = top;
  }
  return vec2f(largest, 1.0 / sum);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x % sample.rows;
  let slice = id.x / sample.rows;
  let group = id.y;
  if (slice * SLICE >= step.position + step.tokens) { return; }
  let seen = step.position + sample.first + row * sample.stride + 1u;

  var mean: array<vec4f, SLICE_QUADS>;
  if (slice * SLICE < seen) {
    for (var h = 0u; h < GROUP_HEADS; h++) {
      let row_head = row * HEADS + group * GROUP_HEADS + h;
      let scale = scale_of(row_head, (seen + SLICE - 1u) / SLICE);
      let first = (row_head * SLICES + slice) * SLICE_QUADS;
      // unroll
      for (var i = 0u; i < SLICE_QUADS; i++) {
        mean[i] += exp(scores[first + i] - scale.x) * scale.y;
      }
    }
  }
  let first = (((place.layer * ROWS + row) * GROUPS + group) * SLICES + slice) * SLICE_QUADS;
  // unroll
  for (var i = 0u; i < SLICE_QUADS; i++) {
    let position = vec4u(slice * SLICE + 4u * i) + vec4u(0u, 1u, 2u, 3u);
    // Scores past the row's own position were left by other rows. What was computed from them is dropped.
    let mine = position < vec4u(seen);
    weights[first + i] = select(vec4f(), mean[i] / f32(GROUP_HEADS), mine);
  }
}
