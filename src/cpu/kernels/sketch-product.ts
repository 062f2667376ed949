import { packEights, packFours, packTransposed } from "./sketch-pack";
import { address, word } from "./words";

/** Rows and columns of an item's part of the result, and the depth that is added to it at a time. */
const ROWS: i32 = 64;
const COLUMNS: i32 = 128;
const DEPTH: i32 = 256;

/**
 * shaders/statistics/accumulate-sketch-tiled.wgsl. An item is a block of 64 rows and 128 columns; items count columns
 * first. Sums of 256 products each are added to the result one after the other.
 *
 * Words: addresses of a, b and out; rows, columns and depth; whether a is transposed, whether the result is added to
 * `out`, whether only what lies on and above the diagonal is wanted.
 */
export function accumulateSketch(args: usize, start: i32, end: i32, scratch: usize): void {
  const a = address(args, 0);
  const b = address(args, 1);
  const out = address(args, 2);
  const rows = word(args, 3);
  const columns = word(args, 4);
  const depth = word(args, 5);
  const transposed = word(args, 6) != 0;
  const adds = word(args, 7) != 0;
  const symmetric = word(args, 8) != 0;
  const across = (columns + COLUMNS - 1) / COLUMNS;
  const packedB = scratch + <usize>(ROWS * DEPTH * 4);
  for (let item = start; item < end; item++) {
    const row = (item / across) * ROWS;
    const column = (item % across) * COLUMNS;
    const height = min(ROWS, rows - row);
    const width = min(COLUMNS, columns - column);
    if (symmetric && column + width <= row) continue;
    const to = out + <usize>((row * columns + column) * 4);
    for (let k = 0; k < depth; k += DEPTH) {
      const count = min(DEPTH, depth - k);
      if (transposed) {
        const from = a + <usize>((row * depth + k) * 4);
        packTransposed(from, (<usize>depth) << 2, count, height, scratch);
      } else {
        const from = a + <usize>((k * rows + row) * 4);
        packFours(from, (<usize>rows) << 2, count, height, scratch);
      }
      const from = b + <usize>((k * columns + column) * 4);
      packEights(from, (<usize>columns) << 2, count, width, packedB);
      const panel = (<usize>count) << 5;
      for (let i = 0; i < width; i += 8)
        for (let j = 0; j < height; j += 4) {
          if (symmetric && column + i + 7 < row + j) continue;
          multiplyTile(
            scratch + (<usize>(j >> 2) * panel) / 2,
            packedB + <usize>(i >> 3) * panel,
            count,
            to + <usize>((j * columns + i) * 4),
            (<usize>columns) << 2,
            adds || k > 0,
            width - i > 4,
          );
        }
    }
  }
}

/** A tile of four rows and eight columns, or four if it is not `wide`. */
function multiplyTile(
  a: usize,
  b: usize,
  depth: i32,
  out: usize,
  stride: usize,
  adds: bool,
  wide: bool,
): void {
  let s0 = f32x4.splat(0);
  let t0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let t1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let t2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let t3 = f32x4.splat(0);
  for (let k = 0; k < depth; k++) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    s0 = f32x4.add(s0, f32x4.mul(left, x0));
    t0 = f32x4.add(t0, f32x4.mul(right, x0));
    const x1 = v128.load32_splat(a, 4);
    s1 = f32x4.add(s1, f32x4.mul(left, x1));
    t1 = f32x4.add(t1, f32x4.mul(right, x1));
    const x2 = v128.load32_splat(a, 8);
    s2 = f32x4.add(s2, f32x4.mul(left, x2));
    t2 = f32x4.add(t2, f32x4.mul(right, x2));
    const x3 = v128.load32_splat(a, 12);
    s3 = f32x4.add(s3, f32x4.mul(left, x3));
    t3 = f32x4.add(t3, f32x4.mul(right, x3));
    a += 16;
    b += 32;
  }
  storeRow(out, s0, t0, adds, wide);
  storeRow(out + stride, s1, t1, adds, wide);
  storeRow(out + 2 * stride, s2, t2, adds, wide);
  storeRow(out + 3 * stride, s3, t3, adds, wide);
}

function storeRow(out: usize, left: v128, right: v128, adds: bool, wide: bool): void {
  v128.store(out, adds ? f32x4.add(v128.load(out), left) : left);
  if (wide) v128.store(out, adds ? f32x4.add(v128.load(out, 16), right) : right, 16);
}
