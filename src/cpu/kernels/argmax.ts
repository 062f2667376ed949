import { address, word } from "./words";

const LEAST: f32 = -3.4e38;

/**
 * The index of the largest logit, the lowest on a tie. There is one item.
 *
 * Words: address of the logits, how many count, address of the index (u32).
 */
export function argmax(args: usize, start: i32, end: i32, scratch: usize): void {
  const logits = address(args, 0);
  const count = word(args, 1);
  const whole = count & ~3;
  let largest = f32x4.splat(LEAST);
  let places = i32x4.splat(-1);
  let indices = i32x4(0, 1, 2, 3);
  for (let i = 0; i < whole; i += 4) {
    const four = v128.load(logits + ((<usize>i) << 2));
    const isLarger = f32x4.gt(four, largest);
    largest = v128.bitselect(four, largest, isLarger);
    places = v128.bitselect(indices, places, isLarger);
    indices = i32x4.add(indices, i32x4.splat(4));
  }
  // Each lane has the first of its largest ones.
  v128.store(scratch, largest);
  v128.store(scratch, places, 16);
  let best = LEAST;
  let place: u32 = 0xffffffff;
  for (let lane: usize = 0; lane < 4; lane++) {
    const value = load<f32>(scratch + (lane << 2));
    const at = load<u32>(scratch + (lane << 2), 16);
    if (value < best || (value == best && at >= place)) continue;
    best = value;
    place = at;
  }
  for (let i = whole; i < count; i++) {
    const value = load<f32>(logits + ((<usize>i) << 2));
    if (value <= best || value != value) continue;
    best = value;
    place = i;
  }
  store<u32>(address(args, 2), place);
}
