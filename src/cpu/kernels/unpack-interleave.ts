/**
 * Writes four rows of f32 column by column: out[c] = a[c], b[c], c[c], d[c].
 *
 * @param bytes of a row, a multiple of 16
 * @param step bytes from one column to the next
 */
export function interleaveRows(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  bytes: usize,
  out: usize,
  step: usize,
): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const p = v128.load(a + i);
    const q = v128.load(b + i);
    const r = v128.load(c + i);
    const s = v128.load(d + i);
    const pqLow = v128.shuffle<f32>(p, q, 0, 4, 1, 5);
    const pqHigh = v128.shuffle<f32>(p, q, 2, 6, 3, 7);
    const rsLow = v128.shuffle<f32>(r, s, 0, 4, 1, 5);
    const rsHigh = v128.shuffle<f32>(r, s, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(pqLow, rsLow, 0, 2));
    v128.store(out + step, v128.shuffle<f64>(pqLow, rsLow, 1, 3));
    v128.store(out + 2 * step, v128.shuffle<f64>(pqHigh, rsHigh, 0, 2));
    v128.store(out + 3 * step, v128.shuffle<f64>(pqHigh, rsHigh, 1, 3));
    out += 4 * step;
  }
}
