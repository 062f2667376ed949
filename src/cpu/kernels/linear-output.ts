/** @file What a linear layer does with the rows that it computed: shaders/forward/linear-output.wgsl. */
import { exp4 } from "./exp";

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

/** Beyond this exponent the sigmoid is below 2^-115. `exp4` takes numbers below 88. */
const LARGEST_EXPONENT: f32 = 80;

/** v / (1 + e^-v). */
function silu(v: v128): v128 {
  const exponent = f32x4.pmin(f32x4.neg(v), f32x4.splat(LARGEST_EXPONENT));
  return f32x4.div(v, f32x4.add(f32x4.splat(1), exp4(exponent)));
}
