/** @file RoPE of one head in f32, half-split. */

/** RoPE is applied. */
export const TURN_ON: f32 = 1;
/** RoPE is undone. */
export const TURN_BACK: f32 = -1;

/**
 * Rotates a head of f32 in place.
 *
 * @param turn the address of cosine and sine of each of its pairs: channels i and i + headDim / 2
 * @param direction TURN_ON or TURN_BACK
 */
export function turnHead(head: usize, turn: usize, headDim: i32, direction: f32): void {
  const half = headDim >> 1;
  const apart = (<usize>half) << 2;
  const sign = f32x4.splat(direction);
  let at = head;
  const last = head + apart;
  for (; at + 16 <= last; at += 16) {
    const turns = v128.load(turn);
    const next = v128.load(turn, 16);
    const cosines = i32x4.shuffle(turns, next, 0, 2, 4, 6);
    const sines = f32x4.mul(i32x4.shuffle(turns, next, 1, 3, 5, 7), sign);
    const a = v128.load(at);
    const b = v128.load(at + apart);
    v128.store(at, f32x4.sub(f32x4.mul(a, cosines), f32x4.mul(b, sines)));
    v128.store(at + apart, f32x4.add(f32x4.mul(b, cosines), f32x4.mul(a, sines)));
    turn += 32;
  }
  for (; at < last; at += 4) {
    const cosine = load<f32>(turn);
    const sine = load<f32>(turn, 4) * direction;
    const a = load<f32>(at);
    const b = load<f32>(at + apart);
    store<f32>(at, a * cosine - b * sine);
    store<f32>(at + apart, b * cosine + a * sine);
    turn += 8;
  }
}
