import { LIST_END, PIECE, PIECE_BYTES, piecesOf, WEIGHT_BYTES, WINDOW } from "./transform-lists";
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
 * Words: addresses of mean, matrix, live, lists, rows and rotation; start, tokens and skip of the run; live components
 * of K, and of both sides; layers, KV heads, head dimension; the number that a stored 1 of K's matrix stands for, and of
 * V's; the step.
 */
export function reconstructRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const tokens = word(args, 7);
  const skip = word(args, 8);
  const liveKeys = word(args, 9);
  const live = word(args, 10);
  const headDim = word(args, 13);
  const rowBytes = <usize>(word(args, 12) * headDim * 4);
  const panels = (columnsOf(args) + TILES - 1) / TILES;
  const keyPieces = piecesOf(liveKeys);
  const pieces = keyPieces + piecesOf(live - liveKeys);
  const sums = scratch + TILES * 2 * QUAD_BYTES;
  const weights = sums + WINDOW * WEIGHT_BYTES;
  for (let item = start; item < end; item++) {
    const side = item / panels;
    const column = (item % panels) * TILES;
    const first = side == 0 ? 0 : liveKeys;
    const components = side == 0 ? liveKeys : live - liveKeys;
    const unit = float(args, 14 + side) * float(args, 16);
    let list = address(args, 3) + <usize>(side * keyPieces * PIECE_BYTES);
    describeQuads(args, side, column, scratch);
    for (let token = 0; token < tokens; token += WINDOW) {
      const window = min(WINDOW, tokens - token);
      memory.fill(sums, 0, window * WEIGHT_BYTES);
      let ofPiece = list;
      for (let i = 0; i < components; i += PIECE) {
        unpackPiece(args, first + i, min(PIECE, components - i), column, weights);
        addPiece(weights, ofPiece, sums, window);
        ofPiece += PIECE_BYTES;
      }
      for (let i = max(skip - token, 0); i < window; i++) {
        const row = <usize>(token + i) * rowBytes;
        const turn = <usize>((token + i) * headDim * 4);
        finishToken(sums + <usize>(i * WEIGHT_BYTES), scratch, <usize>headDim, row, turn, unit);
      }
      list += pieces * PIECE_BYTES;
    }
  }
}

/** Tiles of a side, over all layers. */
function columnsOf(args: usize): i32 {
  return word(args, 11) * ((word(args, 12) * word(args, 13) + 7) >> 3);
}

/** Notes where the quads of an item lie: [8, QUAD_BYTES]. A quad that does not exist has no row. */
function describeQuads(args: usize, side: i32, column: i32, to: usize): void {
  const first = word(args, 6);
  const tokens = word(args, 7);
  const layers = word(args, 11);
  const kvHeads = word(args, 12);
  const headDim = word(args, 13);
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
    const row = address(args, 4) + <usize>(layer * tokens * rowBytes + inRow);
    const mean = address(args, 0) + <usize>(((side * layers + layer) * tiles * 2 + quad) * 16);
    const turn = address(args, 5) + <usize>((first * quarter + (quad % quarter)) * 16);
    const note = to + <usize>(i * QUAD_BYTES);
    store<u32>(note, exists ? <u32>row : 0);
    store<u32>(note, <u32>mean, 4);
    store<u32>(note, side == 0 ? <u32>turn : 0, 8);
  }
}

/** Unpacks weights of live components: [components, 32] f32. @param first counted over both sides */
function unpackPiece(args: usize, first: i32, components: i32, column: i32, to: usize): void {
  const columns = columnsOf(args);
  const matrix = address(args, 1);
  let live = address(args, 2) + <usize>(first << 2);
  for (let i = 0; i < components; i++) {
    const row = matrix + ((<usize>(load<i32>(live) * columns)) << 4);
    for (let tile = 0; tile < TILES; tile++) {
      // Tiles past the end stand in for the last one, and are not stored.
      const at = min(column + tile, columns - 1);
      unpackWeights(row + ((<usize>at) << 4), to);
      to += 32;
    }
    live += 4;
  }
}

/** Adds products of a piece to sums [window, 32]. @param list the first token's */
function addPiece(weights: usize, list: usize, sums: usize, window: i32): void {
  // A compiler that put the loops of both into one function would keep sums on the stack. It does not where there are
  // two calls.
  for (let token = 0; token < window; token += 2) {
    list = addToken(weights, list, sums);
    list = addToken(weights, list, sums + WEIGHT_BYTES);
    sums += 2 * WEIGHT_BYTES;
  }
}

/** Adds products of a piece to 32 sums of one token. @returns the next token's list */
function addToken(weights: usize, list: usize, sums: usize): usize {
  let a0 = v128.load(sums);
  let a1 = v128.load(sums, 16);
  let a2 = v128.load(sums, 32);
  let a3 = v128.load(sums, 48);
  let a4 = v128.load(sums, 64);
  let a5 = v128.load(sums, 80);
  let a6 = v128.load(sums, 96);
  let a7 = v128.load(sums, 112);
  for (let place = load<u32>(list); place != LIST_END; place = load<u32>(list)) {
    const weight = weights + <usize>place;
    const code = v128.load32_splat(list, 4);
    a0 = f32x4.add(a0, f32x4.mul(code, v128.load(weight)));
    a1 = f32x4.add(a1, f32x4.mul(code, v128.load(weight, 16)));
    a2 = f32x4.add(a2, f32x4.mul(code, v128.load(weight, 32)));
    a3 = f32x4.add(a3, f32x4.mul(code, v128.load(weight, 48)));
    a4 = f32x4.add(a4, f32x4.mul(code, v128.load(weight, 64)));
    a5 = f32x4.add(a5, f32x4.mul(code, v128.load(weight, 80)));
    a6 = f32x4.add(a6, f32x4.mul(code, v128.load(weight, 96)));
    a7 = f32x4.add(a7, f32x4.mul(code, v128.load(weight, 112)));
    list += 8;
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
  v128.store(sums, a4, 64);
  v128.store(sums, a5, 80);
  v128.store(sums, a6, 96);
  v128.store(sums, a7, 112);
  return list + 8;
}

/** Stores 32 channels of one token, of which `sums` are those in the basis. */
function finishToken(
  sums: usize,
  notes: usize,
  apart: usize,
  row: usize,
  turn: usize,
  unit: f32,
): void {
  const factor = f32x4.splat(unit);
  for (let i = 0; i < TILES * 2; i++) {
    finish(notes, apart, row, turn, f32x4.mul(v128.load(sums), factor));
    notes += QUAD_BYTES;
    sums += 16;
  }
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
