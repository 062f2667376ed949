/** @file Unpacking the matrices of a transform, whose numbers are stored as f16. */

/**
 * Four consecutive f16 as f32. None may be infinite, and no number of a matrix is (shaders/transform/basis-group.ts).
 */
function loadWeights(at: usize): v128 {
  const words = v128.load_ext<i16>(at);
  // The sign's copies go from the exponent's upper bits. Then an f16 in an f32's place is too small by 2^112.
  const moved = v128.and(i32x4.shl(words, 13), i32x4.splat(0x8fffe000));
  return f32x4.mul(moved, f32x4.splat(reinterpret<f32>(<u32>0x77800000)));
}

/** Eight consecutive f16 as f32. */
export function unpackWeights(from: usize, to: usize): void {
  v128.store(to, loadWeights(from));
  v128.store(to, loadWeights(from + 8), 16);
}
