/** @file The exponential function, as softmax needs it. */

/** Below this e^x is next to the smallest normal f32, and counts as 0. */
const LOWEST: f32 = -87;
const HIGHEST: f32 = 88;
/** Added to a number below 2^22, it leaves the nearest whole number in the lowest bits. */
const ROUNDING: f32 = 12582912;
/** ln 2 in two parts, of which the first has few bits, so that its product with a whole number is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/**
 * e^x of four numbers, off by at most 1e-7 of the result: 2^n e^r, with the whole number n nearest to x / ln 2, and a
 * polynomial for e^r (its coefficients make the largest relative error smallest). e^0 is 1 exactly, NaN stays NaN.
 */
export function exp4(x: v128): v128 {
  const inside = f32x4.min(f32x4.max(x, f32x4.splat(LOWEST)), f32x4.splat(HIGHEST));
  const shifted = f32x4.add(
    f32x4.mul(inside, f32x4.splat(1.4426950408889634)),
    f32x4.splat(ROUNDING),
  );
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  const most = f32x4.sub(inside, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  const r = f32x4.sub(most, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(0.0013813144760206342);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.008369418792426586));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.04166845604777336));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.16666515171527863));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.4999999403953552));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, f32x4.splat(1));
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(0x3f800000));
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(LOWEST)));
}

/** e^x of one number, the same as `exp4` gives. */
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}
