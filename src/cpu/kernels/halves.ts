/** @file Between f16 and f32, which WebAssembly has no instructions for. Every function handles subnormals exactly. */

/** The numbers of four f16, given as the lower halves of four words. Infinities and NaN stay what they are. */
export function halvesToFloats(words: v128): v128 {
  const size = v128.and(words, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(words, i32x4.splat(0x8000)), 16);
  // Moved into an f32's place, an f16 is too small by 2^112. The product also makes subnormals right.
  const value = f32x4.mul(i32x4.shl(size, 13), f32x4.splat(reinterpret<f32>(<u32>0x77800000)));
  const infinite = v128.and(i32x4.ge_s(size, i32x4.splat(0x7c00)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(value, infinite), sign);
}

/** Four consecutive f16 as f32. */
export function loadHalves(at: usize): v128 {
  return halvesToFloats(v128.load_ext<u16>(at));
}

/** One f16 as f32. */
export function loadHalf(at: usize): f32 {
  const word = <u32>load<u16>(at);
  const size = word & 0x7fff;
  const value = reinterpret<f32>(size << 13) * reinterpret<f32>(<u32>0x77800000);
  const infinite: u32 = size >= 0x7c00 ? 0x7f800000 : 0;
  return reinterpret<f32>(reinterpret<u32>(value) | infinite | ((word & 0x8000) << 16));
}

/**
 * The bits of the nearest f16 of four f32, ties to even, as the lower halves of four words. Numbers beyond the largest
 * finite f16 become that one, and a zero has no sign, as in shaders/exact-f16.wgsl.
 */
export function floatsToHalves(values: v128): v128 {
  const size = f32x4.pmin(f32x4.splat(65504), f32x4.abs(values));
  const odd = v128.and(i32x4.shr_u(size, 13), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(size, i32x4.splat(0xfff)), odd), 13);
  const normal = i32x4.sub(rounded, i32x4.splat(112 << 10));
  // Next to 0.5, an f32 has the steps of subnormal f16.
  const half = f32x4.splat(0.5);
  const subnormal = i32x4.sub(f32x4.add(size, half), half);
  const isSubnormal = f32x4.lt(size, f32x4.splat(reinterpret<f32>(<u32>0x38800000)));
  const sign = v128.and(f32x4.lt(values, f32x4.splat(0)), i32x4.splat(0x8000));
  return v128.or(sign, v128.bitselect(subnormal, normal, isSubnormal));
}

/** Stores four f32 as consecutive f16. */
export function storeHalves(at: usize, values: v128): void {
  const words = floatsToHalves(values);
  v128.store64_lane(at, i16x8.narrow_i32x4_u(words, words), 0);
}

/** The bits of the f16 nearest to one f32, as `floatsToHalves` rounds. */
export function halfBits(value: f32): u32 {
  return <u32>i32x4.extract_lane(floatsToHalves(f32x4.splat(value)), 0);
}
