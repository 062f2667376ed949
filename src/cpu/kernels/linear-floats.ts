/**
 * @file Sums of rows without codes, with x as `prepareVector` left it. Rows are read one after the other, because that
 * is what the processor fetches ahead.
 */
import { HALF_SHIFT } from "./linear-prepare";
import { quadRow } from "./linear-output";
import { FLOATS, HALVES, rowBytes, values, weights } from "./weights-layout";

/** The sign and the size of an f16 that was extended to a word and shifted by 13. */
const HALF_BITS: i32 = 0x8fffe000;

/** Writes the sums of a quad of rows in four parts each, f32 [4, 4]. */
export function dotFloats(quad: i32, output: i32, rows: i32, x: usize, totals: usize): void {
  const bytes = rowBytes();
  for (let i = 0; i < 4; i++) {
    const row = weights + <usize>quadRow(output, rows, quad, i) * bytes;
    if (values == FLOATS) v128.store(totals, dotF32(row, x));
    else if (values == HALVES) v128.store(totals, dotF16(row, x));
    else v128.store(totals, dotBf16(row, x));
    totals += 16;
  }
}

function dotF32(row: usize, x: usize): v128 {
  const end = row + rowBytes();
  const whole = row + (rowBytes() & ~63);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; row < whole; row += 64) {
    a = f32x4.add(a, f32x4.mul(v128.load(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(v128.load(row, 16), v128.load(x, 16)));
    c = f32x4.add(c, f32x4.mul(v128.load(row, 32), v128.load(x, 32)));
    d = f32x4.add(d, f32x4.mul(v128.load(row, 48), v128.load(x, 48)));
    x += 64;
  }
  if (row < end) {
    a = f32x4.add(a, f32x4.mul(v128.load(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(v128.load(row, 16), v128.load(x, 16)));
  }
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

/** Four bf16 as f32. */
function brain(at: usize): v128 {
  return i32x4.shl(v128.load_ext<u16>(at), 16);
}

function dotBf16(row: usize, x: usize): v128 {
  const end = row + rowBytes();
  const whole = row + (rowBytes() & ~31);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; row < whole; row += 32) {
    a = f32x4.add(a, f32x4.mul(brain(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(brain(row + 8), v128.load(x, 16)));
    c = f32x4.add(c, f32x4.mul(brain(row + 16), v128.load(x, 32)));
    d = f32x4.add(d, f32x4.mul(brain(row + 24), v128.load(x, 48)));
    x += 64;
  }
  if (row < end) {
    a = f32x4.add(a, f32x4.mul(brain(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(brain(row + 8), v128.load(x, 16)));
  }
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

/** Four finite f16 as f32, too small by 2^112. */
function half(at: usize): v128 {
  return v128.and(i32x4.shl(v128.load_ext<i16>(at), 13), i32x4.splat(HALF_BITS));
}

function dotF16(row: usize, x: usize): v128 {
  const end = row + rowBytes();
  const whole = row + (rowBytes() & ~31);
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; row < whole; row += 32) {
    a = f32x4.add(a, f32x4.mul(half(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(half(row + 8), v128.load(x, 16)));
    c = f32x4.add(c, f32x4.mul(half(row + 16), v128.load(x, 32)));
    d = f32x4.add(d, f32x4.mul(half(row + 24), v128.load(x, 48)));
    x += 64;
  }
  if (row < end) {
    a = f32x4.add(a, f32x4.mul(half(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(half(row + 8), v128.load(x, 16)));
  }
  // x was multiplied by the half of 2^112.
  return f32x4.mul(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.splat(HALF_SHIFT));
}
