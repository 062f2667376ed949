/** @file Quads of channels, which shaders/transform/basis-group.wgsl explains. */

import { floatsToHalves, halvesToFloats } from "./halves";

/** A quad of f16 as f32: two channels, and their partners, which lie `apart` bytes further. */
export function loadQuad(at: usize, apart: usize): v128 {
  const words = v128.load32_lane(at + apart, v128.load32_zero(at), 1);
  return halvesToFloats(i32x4.extend_low_i16x8_u(words));
}

/** Stores a quad of f32 as f16, where `loadQuad` finds it. */
export function storeQuad(at: usize, apart: usize, quad: v128): void {
  const words = floatsToHalves(quad);
  const halves = i16x8.narrow_i32x4_u(words, words);
  v128.store32_lane(at, halves, 0);
  v128.store32_lane(at + apart, halves, 1);
}

/** The sines' signs that rotate a quad to its token's position. */
export function towardsPosition(): v128 {
  return f32x4(-1, -1, 1, 1);
}

/** The sines' signs that rotate it back to position 0. */
export function towardsZero(): v128 {
  return f32x4(1, 1, -1, -1);
}

/** A quad rotated by the angles of its two channels. @param turn cosine and sine of each of the two */
export function turned(quad: v128, turn: v128, signs: v128): v128 {
  const cosines = v128.shuffle<f32>(turn, turn, 0, 2, 0, 2);
  const sines = f32x4.mul(v128.shuffle<f32>(turn, turn, 1, 3, 1, 3), signs);
  const partners = v128.shuffle<f32>(quad, quad, 2, 3, 0, 1);
  return f32x4.add(f32x4.mul(quad, cosines), f32x4.mul(partners, sines));
}
