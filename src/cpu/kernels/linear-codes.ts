/**
 * @file Sums of rows of codes, with x as whole numbers (linear-prepare.ts). Rows are read one after the other, because
 * that is what the processor fetches ahead.
 */
import { scaleGroups } from "./linear-groups";
import { groupBytes } from "./linear-prepare";
import { QUAD, quadRow } from "./linear-output";
import { CODES4, columns, groupColumns, rowBytes, values, weights } from "./weights-layout";

/** The four sums of a quad of rows of codes. */
export function dotCodes(quad: i32, output: i32, rows: i32, prepared: usize, scratch: usize): v128 {
  const bytes = rowBytes();
  const blocks = prepared + 2 * groupBytes();
  const scales = scratch + 64;
  const room = scales + groupBytes();
  for (let i = 0; i < QUAD; i++) {
    const row = quadRow(output, rows, quad, i);
    const at = weights + <usize>row * bytes;
    const minima = scaleGroups(row, prepared, scales, room);
    let total = minima;
    if (values == CODES4) total = dotCodes4(at, blocks, scales, minima);
    else if (groupColumns == 32) total = dotCodes8(at, blocks, scales, minima);
    else total = dotCodes8By16(at, blocks, scales, minima);
    v128.store(scratch + ((<usize>i) << 4), total);
  }
  return sumsOfFour(scratch);
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

/** The products of a row's codes and x, added to `total`. */
function dotCodes4(p: usize, block: usize, scale: usize, total: v128): v128 {
  const end = p + rowBytes();
  while (p < end) {
    total = addCodes4(total, v128.load(p), block, v128.load32_splat(scale));
    p += 16;
    block += 160;
    scale += 4;
  }
  return total;
}

function dotCodes8(p: usize, block: usize, scale: usize, total: v128): v128 {
  const end = p + rowBytes();
  while (p < end) {
    total = addCodes8(total, p, block, v128.load32_splat(scale));
    p += 32;
    block += 160;
    scale += 4;
  }
  return total;
}

function dotCodes8By16(p: usize, block: usize, scale: usize, total: v128): v128 {
  const end = p + rowBytes();
  while (p < end) {
    total = addCodes8By16(total, p, block, v128.load32_splat(scale));
    p += 16;
    block += 96;
    scale += 4;
  }
  return total;
}
