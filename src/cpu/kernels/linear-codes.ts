/** @file Sums of a quad of rows of codes, with x as whole numbers (linear-prepare.ts). */
import { scaleGroups } from "./linear-groups";
import { groupBytes } from "./linear-prepare";
import { QUAD, quadRow } from "./linear-output";
import { CODES4, columns, groupColumns, rowBytes, values, weights } from "./weights-layout";

/** Bytes between the scales of one row and of the next, for at most 2,048 groups. */
const STRIDE: usize = 8192 + 256;

/** The four sums of a quad of rows of codes. */
export function dotCodes(quad: i32, output: i32, rows: i32, prepared: usize, scratch: usize): v128 {
  const rest = scratch + QUAD * STRIDE;
  const row0 = quadRow(output, rows, quad, 0);
  const row1 = quadRow(output, rows, quad, 1);
  const row2 = quadRow(output, rows, quad, 2);
  const row3 = quadRow(output, rows, quad, 3);
  // The minima's parts are kept behind the scales until those of all rows are there.
  const totals = rest;
  const room = rest + 64;
  v128.store(totals, scaleGroups(row0, prepared, scratch, room));
  v128.store(totals, scaleGroups(row1, prepared, scratch + STRIDE, room), 16);
  v128.store(totals, scaleGroups(row2, prepared, scratch + 2 * STRIDE, room), 32);
  v128.store(totals, scaleGroups(row3, prepared, scratch + 3 * STRIDE, room), 48);
  const bytes = rowBytes();
  const p0 = weights + <usize>row0 * bytes;
  const p1 = weights + <usize>row1 * bytes;
  const p2 = weights + <usize>row2 * bytes;
  const p3 = weights + <usize>row3 * bytes;
  const blocks = prepared + 2 * groupBytes();
  if (values == CODES4) dotCodes4(p0, p1, p2, p3, blocks, scratch, totals);
  else if (groupColumns == 32) dotCodes8(p0, p1, p2, p3, blocks, scratch, totals);
  else dotCodes8By16(p0, p1, p2, p3, blocks, scratch, totals);
  return sumsOfFour(totals);
}

/** For four vectors the sum of each one's lanes. */
export function sumsOfFour(at: usize): v128 {
  const a = v128.load(at);
  const b = v128.load(at, 16);
  const c = v128.load(at, 32);
  const d = v128.load(at, 48);
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}

/** The two sums of a group as one, multiplied by its scale and added. */
function addGroup(total: v128, high: v128, low: v128, scale: v128): v128 {
  const shifted = f32x4.mul(f32x4.convert_i32x4_s(high), f32x4.splat(32768));
  const sum = f32x4.add(shifted, f32x4.convert_i32x4_s(low));
  return f32x4.add(total, f32x4.mul(sum, scale));
}

/** Adds the products of 32 codes of 4 bits of one row to its sum. */
function addCodes4(total: v128, codes: v128, block: usize, scale: v128): v128 {
  const nibbles = i16x8.splat(15);
  const a = v128.and(codes, nibbles);
  const b = v128.and(i16x8.shr_u(codes, 4), nibbles);
  const c = v128.and(i16x8.shr_u(codes, 8), nibbles);
  const d = i16x8.shr_u(codes, 12);
  let high = i32x4.add(v128.load(block, 128), i32x4.dot_i16x8_s(a, v128.load(block)));
  let low = i32x4.add(v128.load(block, 144), i32x4.dot_i16x8_s(a, v128.load(block, 16)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(b, v128.load(block, 32)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(b, v128.load(block, 48)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(c, v128.load(block, 64)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(c, v128.load(block, 80)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(d, v128.load(block, 96)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(d, v128.load(block, 112)));
  return addGroup(total, high, low, scale);
}

/** Adds the products of 32 codes of 8 bits of one row to its sum. */
function addCodes8(total: v128, codes: usize, block: usize, scale: v128): v128 {
  const a = v128.load_ext<u8>(codes);
  const b = v128.load_ext<u8>(codes, 8);
  const c = v128.load_ext<u8>(codes, 16);
  const d = v128.load_ext<u8>(codes, 24);
  let high = i32x4.add(v128.load(block, 128), i32x4.dot_i16x8_s(a, v128.load(block)));
  let low = i32x4.add(v128.load(block, 144), i32x4.dot_i16x8_s(a, v128.load(block, 16)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(b, v128.load(block, 32)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(b, v128.load(block, 48)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(c, v128.load(block, 64)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(c, v128.load(block, 80)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(d, v128.load(block, 96)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(d, v128.load(block, 112)));
  return addGroup(total, high, low, scale);
}

/** Adds the products of 16 codes of 8 bits of one row to its sum. */
function addCodes8By16(total: v128, codes: usize, block: usize, scale: v128): v128 {
  const a = v128.load_ext<u8>(codes);
  const b = v128.load_ext<u8>(codes, 8);
  let high = i32x4.add(v128.load(block, 64), i32x4.dot_i16x8_s(a, v128.load(block)));
  let low = i32x4.add(v128.load(block, 80), i32x4.dot_i16x8_s(a, v128.load(block, 16)));
  high = i32x4.add(high, i32x4.dot_i16x8_s(b, v128.load(block, 32)));
  low = i32x4.add(low, i32x4.dot_i16x8_s(b, v128.load(block, 48)));
  return addGroup(total, high, low, scale);
}

function dotCodes4(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  block: usize,
  scale: usize,
  totals: usize,
): void {
  const end = p0 + rowBytes();
  let t0 = v128.load(totals);
  let t1 = v128.load(totals, 16);
  let t2 = v128.load(totals, 32);
  let t3 = v128.load(totals, 48);
  while (p0 < end) {
    t0 = addCodes4(t0, v128.load(p0), block, v128.load32_splat(scale));
    t1 = addCodes4(t1, v128.load(p1), block, v128.load32_splat(scale, STRIDE));
    t2 = addCodes4(t2, v128.load(p2), block, v128.load32_splat(scale, 2 * STRIDE));
    t3 = addCodes4(t3, v128.load(p3), block, v128.load32_splat(scale, 3 * STRIDE));
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
    block += 160;
    scale += 4;
  }
  v128.store(totals, t0);
  v128.store(totals, t1, 16);
  v128.store(totals, t2, 32);
  v128.store(totals, t3, 48);
}

function dotCodes8(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  block: usize,
  scale: usize,
  totals: usize,
): void {
  const end = p0 + rowBytes();
  let t0 = v128.load(totals);
  let t1 = v128.load(totals, 16);
  let t2 = v128.load(totals, 32);
  let t3 = v128.load(totals, 48);
  while (p0 < end) {
    t0 = addCodes8(t0, p0, block, v128.load32_splat(scale));
    t1 = addCodes8(t1, p1, block, v128.load32_splat(scale, STRIDE));
    t2 = addCodes8(t2, p2, block, v128.load32_splat(scale, 2 * STRIDE));
    t3 = addCodes8(t3, p3, block, v128.load32_splat(scale, 3 * STRIDE));
    p0 += 32;
    p1 += 32;
    p2 += 32;
    p3 += 32;
    block += 160;
    scale += 4;
  }
  v128.store(totals, t0);
  v128.store(totals, t1, 16);
  v128.store(totals, t2, 32);
  v128.store(totals, t3, 48);
}

function dotCodes8By16(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  block: usize,
  scale: usize,
  totals: usize,
): void {
  const end = p0 + rowBytes();
  let t0 = v128.load(totals);
  let t1 = v128.load(totals, 16);
  let t2 = v128.load(totals, 32);
  let t3 = v128.load(totals, 48);
  while (p0 < end) {
    t0 = addCodes8By16(t0, p0, block, v128.load32_splat(scale));
    t1 = addCodes8By16(t1, p1, block, v128.load32_splat(scale, STRIDE));
    t2 = addCodes8By16(t2, p2, block, v128.load32_splat(scale, 2 * STRIDE));
    t3 = addCodes8By16(t3, p3, block, v128.load32_splat(scale, 3 * STRIDE));
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
    block += 96;
    scale += 4;
  }
  v128.store(totals, t0);
  v128.store(totals, t1, 16);
  v128.store(totals, t2, 32);
  v128.store(totals, t3, 48);
}
