import { storeQuad, towardsPosition, turned } from "./transform-quads";
import { unpackWeights } from "./transform-weights";
import { address, float, word } from "./words";

/** Tiles of eight channels that an item reconstructs. */
const TILES: i32 = 4;
/** Bytes of what scratch holds about a quad: addresses in the first token's row, of its mean and its first turn. */
const QUAD_BYTES: i32 = 16;

/**
 * Second part of reconstructing rows: shaders/transform/reconstruct-rows.wgsl. An item is four consecutive tiles of one
 * side, counted over all layers; K's come first.
 *
 * Words: addresses of mean, matrix, live, counts, lists, rows and rotation; start, tokens and skip of the run; live
 * components of K, and of both sides; layers, KV heads, head dimension; the number that a stored 1 of K's matrix stands
 * for, and of V's; the step.
 */
export function reconstructRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const tokens = word(args, 8);
  const skip = word(args, 9);
  const liveKeys = word(args, 10);
  const live = word(args, 11);
  const headDim = word(args, 14);
  const rowBytes = <usize>(word(args, 13) * headDim * 4);
  const panels = (columnsOf(args) + TILES - 1) / TILES;
  const weights = scratch + TILES * 2 * QUAD_BYTES;
  for (let item = start; item < end; item++) {
    const side = item / panels;
    const column = (item % panels) * TILES;
    describeQuads(args, side, column, scratch);
    unpackPanel(args, side, column, weights);
    const unit = float(args, 15 + side) * float(args, 17);
    let count = address(args, 3) + <usize>(skip * 8 + side * 4);
    const skipped = skip * live + (side == 0 ? 0 : liveKeys);
    let list = address(args, 4) + <usize>(skipped * 8);
    for (let token = skip; token < tokens; token++) {
      const row = <usize>token * rowBytes;
      const turn = <usize>(token * headDim * 4);
      reconstruct(list, load<i32>(count), weights, scratch, <usize>headDim, row, turn, unit);
      count += 8;
      list += <usize>(live * 8);
    }
  }
}

/** Tiles of a side, over all layers. */
function columnsOf(args: usize): i32 {
  return word(args, 12) * ((word(args, 13) * word(args, 14) + 7) >> 3);
}

/** Notes where the quads of an item lie: [8, QUAD_BYTES]. A quad that does not exist has no row. */
function describeQuads(args: usize, side: i32, column: i32, to: usize): void {
  const first = word(args, 7);
  const tokens = word(args, 8);
  const layers = word(args, 12);
  const kvHeads = word(args, 13);
  const headDim = word(args, 14);
  const quarter = headDim >> 2;
  const quads = kvHeads * quarter;
  const tiles = (quads + 1) >> 1;
  const columns = layers * tiles;
  const rowBytes = kvHeads * headDim * 4;
  for (let i = 0; i < TILES * 2; i++) {
    const at = column + (i >> 1);
    const layer = at / tiles;
    const quad = (at % tiles) * 2 + (i & 1);
    const exists = at < columns && quad < quads;
    const inRow = side * (rowBytes >> 1) + (quad / quarter) * headDim * 2 + (quad % quarter) * 4;
    const row = address(args, 5) + <usize>(layer * tokens * rowBytes + inRow);
    const mean = address(args, 0) + <usize>(((side * layers + layer) * tiles * 2 + quad) * 16);
    const turn = address(args, 6) + <usize>((first * quarter + (quad % quarter)) * 16);
    const note = to + <usize>(i * QUAD_BYTES);
    store<u32>(note, exists ? <u32>row : 0);
    store<u32>(note, <u32>mean, 4);
    store<u32>(note, side == 0 ? <u32>turn : 0, 8);
  }
}

/** Unpacks the weights of an item: [live components of the side, 32] f32. */
function unpackPanel(args: usize, side: i32, column: i32, to: usize): void {
  const columns = columnsOf(args);
  const liveKeys = word(args, 10);
  const first = side == 0 ? 0 : liveKeys;
  const last = side == 0 ? liveKeys : word(args, 11);
  const matrix = address(args, 1);
  const rows = address(args, 2);
  for (let i = first; i < last; i++) {
    const row = matrix + ((<usize>(load<i32>(rows + ((<usize>i) << 2)) * columns)) << 4);
    for (let tile = 0; tile < TILES; tile++) {
      // Tiles past the end stand in for the last one, and are not stored.
      const at = min(column + tile, columns - 1);
      unpackWeights(row + ((<usize>at) << 4), to);
      to += 32;
    }
  }
}

/** Reconstructs 32 channels of one token: their means, and the weighted sum of the components in its list. */
function reconstruct(
  list: usize,
  count: i32,
  weights: usize,
  notes: usize,
  apart: usize,
  row: usize,
  turn: usize,
  unit: f32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let a4 = f32x4.splat(0);
  let a5 = f32x4.splat(0);
  let a6 = f32x4.splat(0);
  let a7 = f32x4.splat(0);
  const end = list + ((<usize>count) << 3);
  for (; list < end; list += 8) {
    const weight = weights + <usize>load<u32>(list);
    const code = v128.load32_splat(list, 4);
    a0 = f32x4.add(a0, f32x4.mul(code, v128.load(weight)));
    a1 = f32x4.add(a1, f32x4.mul(code, v128.load(weight, 16)));
    a2 = f32x4.add(a2, f32x4.mul(code, v128.load(weight, 32)));
    a3 = f32x4.add(a3, f32x4.mul(code, v128.load(weight, 48)));
    a4 = f32x4.add(a4, f32x4.mul(code, v128.load(weight, 64)));
    a5 = f32x4.add(a5, f32x4.mul(code, v128.load(weight, 80)));
    a6 = f32x4.add(a6, f32x4.mul(code, v128.load(weight, 96)));
    a7 = f32x4.add(a7, f32x4.mul(code, v128.load(weight, 112)));
  }
  const factor = f32x4.splat(unit);
  finish(notes, apart, row, turn, f32x4.mul(a0, factor));
  finish(notes + 16, apart, row, turn, f32x4.mul(a1, factor));
  finish(notes + 32, apart, row, turn, f32x4.mul(a2, factor));
  finish(notes + 48, apart, row, turn, f32x4.mul(a3, factor));
  finish(notes + 64, apart, row, turn, f32x4.mul(a4, factor));
  finish(notes + 80, apart, row, turn, f32x4.mul(a5, factor));
  finish(notes + 96, apart, row, turn, f32x4.mul(a6, factor));
  finish(notes + 112, apart, row, turn, f32x4.mul(a7, factor));
}

/** Adds the mean of a quad, rotates it if it is of K, and stores it in a token's row. */
function finish(note: usize, apart: usize, row: usize, turn: usize, centered: v128): void {
  const to = <usize>load<u32>(note);
  if (to == 0) return;
  const turns = <usize>load<u32>(note, 8);
  let quad = f32x4.add(centered, v128.load(<usize>load<u32>(note, 4)));
  if (turns != 0) quad = turned(quad, v128.load(turns + turn), towardsPosition());
  storeQuad(to + row, apart, quad);
}
