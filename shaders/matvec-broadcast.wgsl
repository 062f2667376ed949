// y = W x for one token, with the RMSNorm of x folded in: the variant for software adapters, where a
// load costs more than a broadcast. Formulas and bindings as in matvec.wgsl.
//
// One invocation computes one quad of rows. The first four lanes of the subgroup each load a quarter
// of sixteen columns of x and broadcast it. columns % 16 == 0.

struct Params { rows: u32, columns: u32, epsilon: f32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> gain: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
@group(0) @binding(5) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let quads = params.rows / 4u;
  // Lanes past the end work on the last quad, because a broadcast needs them all.
  let quad = min(id.x, quads - 1u);
  let row = vec4u(quad_row(quad, 0u), quad_row(quad, 1u), quad_row(quad, 2u), quad_row(quad, 3u));
  let token = (step.tokens - 1u) * (params.columns / 4u);
  let mine = lane & 3u;

  var sum = vec4f();
  var squares = vec4f(); // of the columns that this lane loads
  for (var octet = 0u; octet < params.columns / 8u; octet += 2u) {
    var loaded = x[token + 2u * octet + mine];
    if (NORM) {
      squares += loaded * loaded;
      loaded *= gain[2u * octet + mine];
    }
    // unroll
    for (var i = 0u; i < 2u; i++) {
      let w0 = weights8(row.x, octet + i);
      let w1 = weights8(row.y, octet + i);
      let w2 = weights8(row.z, octet + i);
      let w3 = weights8(row.w, octet + i);
      sum += subgroupBroadcast(loaded, 2u * i) * mat4x4f(w0[0], w1[0], w2[0], w3[0]);
      sum += subgroupBroadcast(loaded, 2u * i + 1u) * mat4x4f(w0[1], w1[1], w2[1], w3[1]);
    }
  }
  if (NORM) {
    let all = subgroupBroadcast(squares, 0u) + subgroupBroadcast(squares, 1u)
      + subgroupBroadcast(squares, 2u) + subgroupBroadcast(squares, 3u);
    let square = dot(all, vec4f(1.0));
    sum *= inverseSqrt(square / f32(params.columns) + params.epsilon);
  }
  if (id.x < quads) { write_quad(0u, quad, sum); }
}
