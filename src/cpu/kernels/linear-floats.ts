/** @file Sums of a quad of rows without codes, with x as `prepareVector` left it. */
import { HALF_SHIFT } from "./linear-prepare";
import { quadRow } from "./linear-output";
import { FLOATS, HALVES, rowBytes, values, weights } from "./weights-layout";

/** The sign and the size of an f16 that was extended to a word and shifted by 13. */
const HALF_BITS: i32 = 0x8fffe000;

/** Writes the sums of a quad of rows in four parts each, f32 [4, 4]. */
export function dotFloats(quad: i32, output: i32, rows: i32, x: usize, totals: usize): void {
  const bytes = rowBytes();
  for (let i = 0; i < 4; i += 2) {
    const p = weights + <usize>quadRow(output, rows, quad, i) * bytes;
    const q = weights + <usize>quadRow(output, rows, quad, i + 1) * bytes;
    if (values == FLOATS) dotF32(p, q, x, totals);
    else if (values == HALVES) dotF16(p, q, x, totals);
    else dotBf16(p, q, x, totals);
    totals += 32;
  }
}

function dotF32(p: usize, q: usize, x: usize, totals: usize): void {
  const end = p + rowBytes();
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  while (p < end) {
    const u = v128.load(x);
    const v = v128.load(x, 16);
    a = f32x4.add(a, f32x4.mul(v128.load(p), u));
    b = f32x4.add(b, f32x4.mul(v128.load(q), u));
    c = f32x4.add(c, f32x4.mul(v128.load(p, 16), v));
    d = f32x4.add(d, f32x4.mul(v128.load(q, 16), v));
    p += 32;
    q += 32;
    x += 32;
  }
  v128.store(totals, f32x4.add(a, c));
  v128.store(totals, f32x4.add(b, d), 16);
}

function brain(at: usize): v128 {
  return i32x4.shl(v128.load_ext<u16>(at), 16);
}

function dotBf16(p: usize, q: usize, x: usize, totals: usize): void {
  const end = p + rowBytes();
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  while (p < end) {
    const u = v128.load(x);
    const v = v128.load(x, 16);
    a = f32x4.add(a, f32x4.mul(brain(p), u));
    b = f32x4.add(b, f32x4.mul(brain(q), u));
    c = f32x4.add(c, f32x4.mul(brain(p + 8), v));
    d = f32x4.add(d, f32x4.mul(brain(q + 8), v));
    p += 16;
    q += 16;
    x += 32;
  }
  v128.store(totals, f32x4.add(a, c));
  v128.store(totals, f32x4.add(b, d), 16);
}

/** Four finite f16 as f32, too small by 2^112. */
function half(at: usize): v128 {
  return v128.and(i32x4.shl(v128.load_ext<i16>(at), 13), i32x4.splat(HALF_BITS));
}

function dotF16(p: usize, q: usize, x: usize, totals: usize): void {
  const end = p + rowBytes();
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  while (p < end) {
    const u = v128.load(x);
    const v = v128.load(x, 16);
    a = f32x4.add(a, f32x4.mul(half(p), u));
    b = f32x4.add(b, f32x4.mul(half(q), u));
    c = f32x4.add(c, f32x4.mul(half(p + 8), v));
    d = f32x4.add(d, f32x4.mul(half(q + 8), v));
    p += 16;
    q += 16;
    x += 32;
  }
  // x was multiplied by the half of it.
  const rest = f32x4.splat(HALF_SHIFT);
  v128.store(totals, f32x4.mul(f32x4.add(a, c), rest));
  v128.store(totals, f32x4.mul(f32x4.add(b, d), rest), 16);
}
