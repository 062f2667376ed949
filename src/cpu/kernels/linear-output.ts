/** @file What a linear layer does with the rows that it computed: shaders/forward/linear-output.wgsl. */

const ADD: i32 = 1;
export const SWIGLU: i32 = 2;

/** Rows that are computed together: four in order or, for SwiGLU, two of the gate half and the same two of the up half. */
export const QUAD: i32 = 4;

export function quadRow(output: i32, rows: i32, quad: i32, i: i32): i32 {
  if (output == SWIGLU) return 2 * quad + (i & 1) + (i >> 1) * (rows >> 1);
  return QUAD * quad + i;
}

/** Stores the values of a quad's rows for a token whose outputs begin at `y`. */
export function writeQuad(output: i32, y: usize, quad: i32, v: v128): void {
  if (output == SWIGLU) {
    const up = i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    v128.store64_lane(y + ((<usize>quad) << 3), f32x4.mul(silu(v), up), 0);
    return;
  }
  const at = y + ((<usize>quad) << 4);
  v128.store(at, output == ADD ? f32x4.add(v128.load(at), v) : v);
}

/** v / (1 + e^-v). */
function silu(v: v128): v128 {
  return f32x4.div(v, f32x4.add(f32x4.splat(1), exponential(f32x4.neg(v))));
}

/** e^v to within 2 ULP, after expf of the Cephes library. NaN stays NaN, and v is taken as at least -87 and at most 80. */
function exponential(v: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(v, f32x4.splat(80)), f32x4.splat(-87));
  const power = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  const high = f32x4.sub(x, f32x4.mul(power, f32x4.splat(0.693359375)));
  const r = f32x4.sub(high, f32x4.mul(power, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.98756915e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  const fraction = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), f32x4.splat(1));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(power), i32x4.splat(127));
  return f32x4.mul(fraction, i32x4.shl(exponent, 23));
}
