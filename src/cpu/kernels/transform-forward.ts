import { unpackWeights } from "./transform-weights";
import { address, float, word } from "./words";

/** Blocks of eight components that an item computes, so that numbers which were loaded serve all of them. */
const BLOCKS: i32 = 4;
/** Tokens whose sums are kept in scratch at a time. */
const WINDOW: i32 = 256;
/** Channels after which sums go back to scratch: their numbers and weights fit into the first cache. */
const PIECE: i32 = 32;

/**
 * shaders/transform/transform-rows.wgsl. An item is up to four blocks of components of one side; K's come first.
 *
 * Words: addresses of matrix, numbers and levels; tokens; channels; components of K, and of V; the number that a stored 1
 * of K's matrix stands for, and of V's; the step.
 */
export function transformRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const matrix = address(args, 0);
  const numbers = address(args, 1);
  const levels = address(args, 2);
  const tokens = word(args, 3);
  const channels = word(args, 4);
  const keys = word(args, 5);
  const values = word(args, 6);
  const step = float(args, 9);
  const keyBlocks = (keys + 7) >> 3;
  const valueBlocks = (values + 7) >> 3;
  const stride = <usize>((keyBlocks + valueBlocks) << 4);
  const keyItems = (keyBlocks + BLOCKS - 1) / BLOCKS;
  const weights = scratch + <usize>(BLOCKS * WINDOW * 8 * 4);
  for (let item = start; item < end; item++) {
    const side = item < keyItems ? 0 : 1;
    const block = (item - side * keyItems) * BLOCKS;
    const blocks = min(BLOCKS, (side == 0 ? keyBlocks : valueBlocks) - block);
    const from = matrix + ((<usize>(side * keyBlocks + block)) << 4);
    const ofSide = numbers + <usize>(side * channels * tokens * 4);
    const to = levels + <usize>((side * keys + block * 8) * tokens * 4);
    const components = min(blocks * 8, (side == 0 ? keys : values) - block * 8);
    const unit = float(args, 7 + side);
    for (let token = 0; token < tokens; token += WINDOW) {
      const window = min(WINDOW, tokens - token);
      memory.fill(scratch, 0, <usize>(blocks * window * 32));
      for (let channel = 0; channel < channels; channel += PIECE) {
        const count = min(PIECE, channels - channel);
        unpackPiece(from + <usize>channel * stride, stride, weights, count, blocks);
        const piece = ofSide + <usize>((channel * tokens + token) * 4);
        for (let i = 0; i < blocks; i++)
          addPiece(
            scratch + <usize>(i * window * 32),
            weights + <usize>(i * PIECE * 32),
            piece,
            <usize>(tokens * 4),
            count,
            window,
          );
      }
      for (let i = 0; i < components; i++)
        writeLevels(
          scratch + <usize>((i >> 3) * window * 32 + (i & 7) * 4),
          to + <usize>((i * tokens + token) * 4),
          window,
          unit,
          step,
        );
    }
  }
}

/** Unpacks weights of some channels: [blocks, PIECE, 8] f32. */
function unpackPiece(from: usize, stride: usize, to: usize, channels: i32, blocks: i32): void {
  for (let i = 0; i < channels; i++)
    for (let block = 0; block < blocks; block++)
      unpackWeights(
        from + <usize>i * stride + <usize>(block << 4),
        to + <usize>((block * PIECE + i) * 32),
      );
}

/** Adds products of some channels to the sums [window, 8] of a block. @param rowBytes between channels */
function addPiece(
  sums: usize,
  weights: usize,
  numbers: usize,
  rowBytes: usize,
  channels: i32,
  window: i32,
): void {
  for (let four = 0; four < window; four += 4) {
    let a0 = v128.load(sums);
    let b0 = v128.load(sums, 16);
    let a1 = v128.load(sums, 32);
    let b1 = v128.load(sums, 48);
    let a2 = v128.load(sums, 64);
    let b2 = v128.load(sums, 80);
    let a3 = v128.load(sums, 96);
    let b3 = v128.load(sums, 112);
    let from = numbers;
    let weight = weights;
    for (let i = 0; i < channels; i++) {
      const a = v128.load(weight);
      const b = v128.load(weight, 16);
      const x0 = v128.load32_splat(from);
      a0 = f32x4.add(a0, f32x4.mul(a, x0));
      b0 = f32x4.add(b0, f32x4.mul(b, x0));
      const x1 = v128.load32_splat(from, 4);
      a1 = f32x4.add(a1, f32x4.mul(a, x1));
      b1 = f32x4.add(b1, f32x4.mul(b, x1));
      const x2 = v128.load32_splat(from, 8);
      a2 = f32x4.add(a2, f32x4.mul(a, x2));
      b2 = f32x4.add(b2, f32x4.mul(b, x2));
      const x3 = v128.load32_splat(from, 12);
      a3 = f32x4.add(a3, f32x4.mul(a, x3));
      b3 = f32x4.add(b3, f32x4.mul(b, x3));
      from += rowBytes;
      weight += 32;
    }
    v128.store(sums, a0);
    v128.store(sums, b0, 16);
    v128.store(sums, a1, 32);
    v128.store(sums, b1, 48);
    v128.store(sums, a2, 64);
    v128.store(sums, b2, 80);
    v128.store(sums, a3, 96);
    v128.store(sums, b3, 112);
    sums += 128;
    numbers += 16;
  }
}

/** The levels of one component, whose sums are 32 bytes apart. */
function writeLevels(sums: usize, levels: usize, window: i32, unit: f32, step: f32): void {
  for (let four = 0; four < window; four += 4) {
    let y = v128.load32_zero(sums);
    y = v128.load32_lane(sums + 32, y, 1);
    y = v128.load32_lane(sums + 64, y, 2);
    y = v128.load32_lane(sums + 96, y, 3);
    y = f32x4.mul(y, f32x4.splat(unit));
    v128.store(levels, f32x4.div(y, f32x4.splat(step)));
    sums += 128;
    levels += 16;
  }
}
