/**
 * Rotates the channels of one head by RoPE: channels d and d + dim / 2 form a pair. dim is a multiple of 4.
 *
 * @param row [dim] f32, changed in place
 * @param turn [dim / 2, 2] f32 cosines and sines
 * @param bytes of the row
 * @param direction 1 applies RoPE, -1 undoes it
 */
export function rotateRow(row: usize, turn: usize, bytes: usize, direction: f32): void {
  const half = bytes >> 1;
  const signs = f32x4.splat(direction);
  let at: usize = 0;
  for (; at + 16 <= half; at += 16) {
    const first = v128.load(turn + 2 * at);
    const second = v128.load(turn + 2 * at, 16);
    const cos = v128.shuffle<f32>(first, second, 0, 2, 4, 6);
    const sin = f32x4.mul(v128.shuffle<f32>(first, second, 1, 3, 5, 7), signs);
    const low = v128.load(row + at);
    const high = v128.load(row + half + at);
    v128.store(row + at, f32x4.sub(f32x4.mul(low, cos), f32x4.mul(high, sin)));
    v128.store(row + half + at, f32x4.add(f32x4.mul(high, cos), f32x4.mul(low, sin)));
  }
  for (; at < half; at += 4) {
    const cos = load<f32>(turn + 2 * at);
    const sin = load<f32>(turn + 2 * at, 4) * direction;
    const low = load<f32>(row + at);
    const high = load<f32>(row + half + at);
    store<f32>(row + at, low * cos - high * sin);
    store<f32>(row + half + at, high * cos + low * sin);
  }
}
