// y = W x for one token, with the RMSNorm of x folded in. This is the variant for software adapters, where a
// load costs more than a broadcast. It has the formulas and bindings of matvec.wgsl, and
// linear-output-by-params.wgsl says how y is stored.
//
// One invocation computes one quad of rows, sixteen columns (a part) at a time. The first four lanes of the
// subgroup each load a quarter of these columns of x and broadcast it. What a group of columns shares is read
// once for PARTS parts: 2 if a group has 32 columns, 1 if it has 16 or the format has none.
// columns % (16 * PARTS) == 0.

struct Params { rows: u32, columns: u32, epsilon: f32, output: u32 }
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
  // Lanes past the end compute the last quad once more, because a broadcast needs all lanes.
  let quad = min(id.x, quads - 1u);
  let row = vec4u(quad_row(quad, 0u), quad_row(quad, 1u), quad_row(quad, 2u), quad_row(quad, 3u));
  let token = (step.tokens - 1u) * (params.columns / 4u);
  let mine = lane & 3u;

  var sum = vec4f();
  var squares = vec4f(); // sums of squares of the columns that this lane loads
  for (var octet = 0u; octet < params.columns / 8u; octet += 2u * PARTS) {
    let g0 = group_of(row.x, octet);
    let g1 = group_of(row.y, octet);
    let g2 = group_of(row.z, octet);
    let g3 = group_of(row.w, octet);
    var codes = vec4f();
    // unroll
    for (var part = 0u; part < PARTS; part++) {
      let at = 2u * octet + 4u * part + mine;
      var loaded = x[token + at];
      if (NORM) {
        squares += loaded * loaded;
        loaded *= gain[at];
      }
      loaded *= CODE_UNITS;
      // unroll
      for (var i = 0u; i < 2u; i++) {
        let w0 = codes8(row.x, octet + 2u * part + i, g0);
        let w1 = codes8(row.y, octet + 2u * part + i, g1);
        let w2 = codes8(row.z, octet + 2u * part + i, g2);
        let w3 = codes8(row.w, octet + 2u * part + i, g3);
        codes += subgroupBroadcast(loaded, 2u * i) * mat4x4f(w0[0], w1[0], w2[0], w3[0]);
        codes += subgroupBroadcast(loaded, 2u * i + 1u) * mat4x4f(w0[1], w1[1], w2[1], w3[1]);
      }
    }
    // A group's products are scaled once for all of its columns, instead of for each of them.
    if (SCALED_LATER) { codes *= vec4f(scale_of(g0), scale_of(g1), scale_of(g2), scale_of(g3)); }
    sum += codes;
  }
  if (NORM) {
    let square = four_lanes(dot(squares, vec4f(1.0)));
    sum *= inverseSqrt(square / f32(params.columns) + params.epsilon);
  }
  if (id.x < quads) { write_quad(0u, quad, sum); }
}

// The sum of a value over the first four lanes.
fn four_lanes(value: f32) -> f32 {
  return subgroupBroadcast(value, 0u) + subgroupBroadcast(value, 1u)
    + subgroupBroadcast(value, 2u) + subgroupBroadcast(value, 3u);
}
