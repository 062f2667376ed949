import { address, float, word } from "./words";

/** Σ x² over a token, in the same order wherever it stands. @param columns a multiple of 4 */
function sumOfSquares(x: usize, columns: i32): f32 {
  const end = x + ((<usize>columns) << 2);
  const whole = x + ((<usize>(columns & ~15)) << 2);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; x < whole; x += 64) {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    const r = v128.load(x, 32);
    const s = v128.load(x, 48);
    a = f32x4.add(a, f32x4.mul(p, p));
    b = f32x4.add(b, f32x4.mul(q, q));
    c = f32x4.add(c, f32x4.mul(r, r));
    d = f32x4.add(d, f32x4.mul(s, s));
  }
  for (; x < end; x += 16) {
    const p = v128.load(x);
    a = f32x4.add(a, f32x4.mul(p, p));
  }
  const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/** y[c] = x[c] * gain[c] / sqrt(mean(x²) + epsilon) of one token. */
export function normalizeToken(x: usize, gain: usize, y: usize, columns: i32, epsilon: f32): void {
  const root = Mathf.sqrt(sumOfSquares(x, columns) / <f32>columns + epsilon);
  const scale = f32x4.splat(1 / root);
  const end = x + ((<usize>columns) << 2);
  for (; x < end; x += 16) {
    v128.store(y, f32x4.mul(f32x4.mul(v128.load(x), v128.load(gain)), scale));
    gain += 16;
    y += 16;
  }
}

/**
 * RMSNorm of tokens. An item is a token.
 *
 * Words: addresses of x [tokens, columns], gain [columns] and y [tokens, columns], the columns, epsilon.
 */
export function rmsNorm(args: usize, start: i32, end: i32, scratch: usize): void {
  const columns = word(args, 3);
  const bytes = (<usize>columns) << 2;
  for (let token: usize = start; token < <usize>end; token++) {
    const offset = token * bytes;
    const x = address(args, 0) + offset;
    normalizeToken(x, address(args, 1), address(args, 2) + offset, columns, float(args, 4));
  }
}
