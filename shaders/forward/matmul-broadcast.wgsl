// y = x W^T for many tokens, without workgroup memory. This variant is fast where a subgroup is a SIMD register
// and memory is the bottleneck (SwiftShader). linear-output-by-params.wgsl says how y is stored.
//
// weights [rows, columns], in one of the weight formats
// x       [tokens, columns] f32
// y       [tokens, rows] f32, or [tokens, rows / 2] for SWIGLU
//
// One invocation computes one quad of rows for 16 tokens, in registers. The first four lanes of the
// subgroup each load x for four of the tokens and broadcast it: one load serves every lane.

struct Params { rows: u32, columns: u32, epsilon: f32, output: u32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
@group(0) @binding(4) var<uniform> step: Step;

const TOKENS = 16u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let quads = params.rows / 4u;
  // Lanes past the end compute the last quad once more, because a broadcast needs all lanes.
  let quad = min(id.x, quads - 1u);
  let row = vec4u(quad_row(quad, 0u), quad_row(quad, 1u), quad_row(quad, 2u), quad_row(quad, 3u));
  let first = id.y * TOKENS;
  let stride = params.columns / 4u;
  let last = step.tokens - 1u;
  var at: array<u32, 4>;
  // unroll
  for (var g = 0u; g < 4u; g++) { at[g] = min(first + 4u * g + (lane & 3u), last) * stride; }

  var sums: array<vec4f, TOKENS>;
  for (var octet = 0u; octet < params.columns / 8u; octet++) {
    let w0 = weights8(row.x, octet);
    let w1 = weights8(row.y, octet);
    let w2 = weights8(row.z, octet);
    let w3 = weights8(row.w, octet);
    // x * m are the four dot products of x with the rows of the quad.
    let m = mat4x4f(w0[0], w1[0], w2[0], w3[0]);
    let n = mat4x4f(w0[1], w1[1], w2[1], w3[1]);
    // unroll
    for (var g = 0u; g < 4u; g++) {
      let a = x[at[g] + 2u * octet];
      let b = x[at[g] + 2u * octet + 1u];
      // unroll
      for (var j = 0u; j < 4u; j++) {
        sums[4u * g + j] += subgroupBroadcast(a, j) * m + subgroupBroadcast(b, j) * n;
      }
    }
  }

  if (id.x >= quads) { return; }
  // unroll
  for (var t = 0u; t < 16u; t++) {
    if (first + t < step.tokens) { write_quad(first + t, quad, sums[t]); }
  }
}
