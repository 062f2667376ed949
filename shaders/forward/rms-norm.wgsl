// RMSNorm of each token (Zhang and Sennrich, arXiv:1910.07467):
// y[t, c] = x[t, c] * gain[c] / sqrt(mean_c(x[t, c]^2) + epsilon).
//
// x    [tokens, columns] f32
// gain [columns] f32
// y    [tokens, columns] f32
//
// LANES invocations compute one token together (sum_lanes). columns % 4 == 0.

struct Params { rows: u32, columns: u32, epsilon: f32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> gain: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let wanted = group.x * (WORKGROUP / LANES) + index / LANES;
  let quads = params.columns / 4u;
  // Invocations past the end compute the last token once more, because sum_lanes needs all of them.
  let first = min(wanted, step.tokens - 1u) * quads;

  var squares = vec4f();
  for (var i = index % LANES; i < quads; i += LANES) { squares += x[first + i] * x[first + i]; }
  let square = dot(sum_lanes(squares, index), vec4f(1.0));
  let scale = inverseSqrt(square / f32(params.columns) + params.epsilon);
  if (wanted >= step.tokens) { return; }
  for (var i = index % LANES; i < quads; i += LANES) { y[first + i] = x[first + i] * gain[i] * scale; }
}
