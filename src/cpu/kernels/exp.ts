/** @file The exponential function, as softmax needs it. */

/**
 * Its constants lie in memory, four bytes each: a constant vector costs three instructions wherever it is used, a
 * number that is loaded into all lanes one.
 */
const NUMBERS = memory.data<f32>([
  -87, // below this e^x is next to the smallest normal f32, and counts as 0
  1.4426950408889634, // 1 / ln 2
  12582912, // added to a number below 2^22, it leaves the nearest whole number in the lowest bits
  0.693359375, // ln 2 in two parts, of which the first has few bits: its product with a whole number is exact
  -2.1219444e-4,
  0.0013813144760206342, // coefficients of r^6 down to r^2 in e^r, which make the largest relative error smallest
  0.008369418792426586,
  0.04166845604777336,
  0.16666515171527863,
  0.4999999403953552,
  1,
]);

/** A number in all lanes. */
function number(index: usize): v128 {
  return v128.load32_splat(NUMBERS + (index << 2));
}

/**
 * e^x of four numbers below 88, off by at most 1e-7 of the result: 2^n e^r, with the whole number n nearest to x / ln
 * 2, and a polynomial for e^r. e^0 is 1 exactly, NaN stays NaN.
 */
export function exp4(x: v128): v128 {
  const inside = f32x4.pmax(x, number(0));
  const shifted = f32x4.add(f32x4.mul(inside, number(1)), number(2));
  const n = f32x4.sub(shifted, number(2));
  const most = f32x4.sub(inside, f32x4.mul(n, number(3)));
  const r = f32x4.sub(most, f32x4.mul(n, number(4)));
  let p = f32x4.add(f32x4.mul(number(5), r), number(6));
  p = f32x4.add(f32x4.mul(p, r), number(7));
  p = f32x4.add(f32x4.mul(p, r), number(8));
  p = f32x4.add(f32x4.mul(p, r), number(9));
  p = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  p = f32x4.add(p, number(10));
  const power = i32x4.add(i32x4.shl(shifted, 23), number(10));
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, number(0)));
}

/** e^x of one number, the same as `exp4` gives. */
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}
