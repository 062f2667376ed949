import { exp1 } from "./exp";
import { address, word } from "./words";

/**
 * Combines the slices of a decode step's attention. An item is a head.
 *
 * Words: addresses of the slices' sums of values [slices, heads, headDim] f32, of their largest scores and sums of
 * weights [slices, heads, 2] f32, and of the result [heads, headDim] f32; slices, heads, head dimension.
 */
export function attentionCombine(args: usize, start: i32, end: i32, scratch: usize): void {
  const partial = address(args, 0);
  const stats = address(args, 1);
  const y = address(args, 2);
  const slices = word(args, 3);
  const heads = <usize>word(args, 4);
  const size = (<usize>word(args, 5)) << 2;
  for (let head = <usize>start; head < <usize>end; head++) {
    let largest = load<f32>(stats + (head << 3));
    for (let s = 1; s < slices; s++)
      largest = max(largest, load<f32>(stats + ((<usize>s * heads + head) << 3)));
    let weight: f32 = 0;
    const sums = y + head * size;
    memory.fill(sums, 0, size);
    for (let s = 0; s < slices; s++) {
      const row = <usize>s * heads + head;
      const scale = exp1(load<f32>(stats + (row << 3)) - largest);
      weight += scale * load<f32>(stats + (row << 3), 4);
      addScaled(sums, partial + row * size, size, scale);
    }
    const inverse = f32x4.splat(1 / weight);
    for (let at = sums; at < sums + size; at += 16)
      v128.store(at, f32x4.mul(v128.load(at), inverse));
  }
}

/** Adds f32 times a factor to others, four at a time. */
function addScaled(to: usize, from: usize, bytes: usize, scale: f32): void {
  const factor = f32x4.splat(scale);
  for (let offset: usize = 0; offset < bytes; offset += 16)
    v128.store(
      to + offset,
      f32x4.add(v128.load(to + offset), f32x4.mul(v128.load(from + offset), factor)),
    );
}
