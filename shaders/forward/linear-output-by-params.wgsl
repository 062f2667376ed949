// Store the rows that a linear layer computed. linear-output.wgsl has the formulas of the three outputs. Here
// the uniform `params.output` says which of them is wanted, instead of a constant. So one kernel serves all
// three and is compiled once. There are few branches, because with the loop over tokens unrolled they are what
// takes long to compile.

const ADD = 1u;
const SWIGLU = 2u;

// WGSL leaves it open what becomes of an infinity. Beyond this exponent the sigmoid is below 2^-115 either way.
const LARGEST_EXPONENT = vec2f(80.0);

fn quad_row(quad: u32, i: u32) -> u32 {
  let gate_and_up = 2u * quad + (i & 1u) + (i >> 1u) * (params.rows / 2u);
  return select(4u * quad + i, gate_and_up, params.output == SWIGLU);
}

fn write_quad(token: u32, quad: u32, v: vec4f) {
  if (params.output == SWIGLU) {
    let at = token * (params.rows / 2u) + 2u * quad;
    let gated = v.xy / (1.0 + exp(min(-v.xy, LARGEST_EXPONENT))) * v.zw;
    y[at] = gated.x;
    y[at + 1u] = gated.y;
    return;
  }
  let at = token * params.rows + 4u * quad;
  let before = vec4f(y[at], y[at + 1u], y[at + 2u], y[at + 3u]);
  let sum = select(v, before + v, params.output == ADD);
  // unroll
  for (var i = 0u; i < 4u; i++) { y[at + i] = sum[i]; }
}
