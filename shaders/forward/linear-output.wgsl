// Store the rows that a linear layer computed. A quad is the four output rows that one invocation computes.
// Which rows quad q has, and what becomes of their values v for token t, depends on OUTPUT:
//   STORE   rows 4q .. 4q+4                y[t, 4q + i]  = v[i]
//   ADD     the same                       y[t, 4q + i] += v[i]           (the residual stream)
//   SWIGLU  2q, 2q+1 of the gate half and  y[t, 2q + i]  = silu(v[i]) * v[2 + i]
//           the same two of the up half    (rows: gate, then up; y has rows / 2 columns)
// rows % 4 == 0.

const STORE = 0u;
const ADD = 1u;
const SWIGLU = 2u;

// WGSL leaves it open what becomes of an infinity. Beyond this exponent the sigmoid is below 2^-115 either way.
const LARGEST_EXPONENT = vec2f(80.0);

fn quad_row(quad: u32, i: u32) -> u32 {
  if (OUTPUT == SWIGLU) { return 2u * quad + (i & 1u) + (i >> 1u) * (params.rows / 2u); }
  return 4u * quad + i;
}

fn write_quad(token: u32, quad: u32, v: vec4f) {
  if (OUTPUT == SWIGLU) {
    let at = token * (params.rows / 2u) + 2u * quad;
    let gated = v.xy / (1.0 + exp(min(-v.xy, LARGEST_EXPONENT))) * v.zw;
    y[at] = gated.x;
    y[at + 1u] = gated.y;
    return;
  }
  let at = token * params.rows + 4u * quad;
  for (var i = 0u; i < 4u; i++) {
    if (OUTPUT == ADD) { y[at + i] += v[i]; } else { y[at + i] = v[i]; }
  }
}
