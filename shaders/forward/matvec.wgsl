// y = W x for one token, with the RMSNorm of x folded in. linear-output.wgsl says how y is stored.
//
// weights [rows, columns], in one of the weight formats
// x       [tokens, columns] f32; only the last token is used
// gain    [columns] f32, the norm's weights; read if NORM
// y       [rows] f32, or [rows / 2] for SWIGLU
//
// With NORM, y = W (x * gain) / sqrt(mean(x^2) + epsilon) (RMSNorm: Zhang and Sennrich, arXiv:1910.07467). The
// root is one factor for all of y, so it is computed in the same pass.
//
// LANES invocations compute one quad of rows together. They go over the columns side by side, eight columns
// each, so that neighbours read neighbouring words, and add up their sums at the end (sum_lanes).

struct Params { rows: u32, columns: u32, epsilon: f32 }
struct Step { position: u32, tokens: u32 }

@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> gain: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
@group(0) @binding(5) var<uniform> step: Step;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let quads = params.rows / 4u;
  let wanted = group.x * (WORKGROUP / LANES) + index / LANES;
  // Invocations past the end compute the last quad once more, because sum_lanes needs all of them.
  let quad = min(wanted, quads - 1u);
  let row = vec4u(quad_row(quad, 0u), quad_row(quad, 1u), quad_row(quad, 2u), quad_row(quad, 3u));
  let token = (step.tokens - 1u) * (params.columns / 4u);

  var products = vec4f();
  var squares = vec4f();
  for (var octet = index % LANES; octet < params.columns / 8u; octet += LANES) {
    var a = x[token + 2u * octet];
    var b = x[token + 2u * octet + 1u];
    if (NORM) {
      squares += a * a + b * b;
      a *= gain[2u * octet];
      b *= gain[2u * octet + 1u];
    }
    let w0 = weights8(row.x, octet);
    let w1 = weights8(row.y, octet);
    let w2 = weights8(row.z, octet);
    let w3 = weights8(row.w, octet);
    products += a * mat4x4f(w0[0], w1[0], w2[0], w3[0]) + b * mat4x4f(w0[1], w1[1], w2[1], w3[1]);
  }
  var sum = sum_lanes(products, index);
  if (NORM) {
    let square = dot(sum_lanes(squares, index), vec4f(1.0));
    sum *= inverseSqrt(square / f32(params.columns) + params.epsilon);
  }
  if (index % LANES == 0u && wanted < quads) { write_quad(0u, quad, sum); }
}
