import { QUAD, SWIGLU, writeQuad } from "./linear-output";
import { interleaveRows } from "./unpack-interleave";
import { unpackPanel, PANEL } from "./unpack-panel";
import { columns, readWeights, WEIGHT_WORDS } from "./weights-layout";
import { address, word } from "./words";

/** Tokens that are multiplied together. */
const TILE: i32 = 4;
/** Bytes of the sums of a tile and a panel. */
const SUM_BYTES: usize = 128;
/** Tokens whose sums are kept until all columns are added. */
const BATCH: i32 = 512;
/** Columns of a panel, and of a tile, that stay in the fastest cache together. */
const BLOCK: i32 = 512;

/**
 * Writes the tokens of a step in tiles of four, each as f32 [columns, 4]. An item is a tile. Tokens past the end repeat
 * the last one.
 *
 * Words: addresses of x [tokens, columns] and of the tiles, the columns, the tokens.
 */
export function packTokens(args: usize, start: i32, end: i32, scratch: usize): void {
  const x = address(args, 0);
  const bytes = (<usize>word(args, 2)) << 2;
  const last = word(args, 3) - 1;
  for (let tile = start; tile < end; tile++) {
    const token = tile * TILE;
    const a = x + <usize>token * bytes;
    const b = x + <usize>min(token + 1, last) * bytes;
    const c = x + <usize>min(token + 2, last) * bytes;
    const d = x + <usize>min(token + 3, last) * bytes;
    interleaveRows(a, b, c, d, bytes, address(args, 1) + <usize>tile * TILE * bytes, TILE * 4);
  }
}

/**
 * y = x Wᵀ for all tokens of a step. An item is a panel of eight rows, which is unpacked once and then multiplied by all
 * tokens. Each output is one sum over the columns in their order, so its bits depend on nothing else.
 *
 * Words: those of the weights, the number of rows, the output, addresses of the tiles that `packTokens` wrote and of y,
 * the tokens.
 */
export function matmul(args: usize, start: i32, end: i32, scratch: usize): void {
  readWeights(args);
  const rows = word(args, WEIGHT_WORDS);
  const output = word(args, WEIGHT_WORDS + 1);
  const tokens = word(args, WEIGHT_WORDS + 4);
  const panelAt = scratch + (<usize>BATCH / TILE) * SUM_BYTES;
  const rest = panelAt + <usize>columns * PANEL * 4;
  for (let panel = start; panel < end; panel++) {
    unpackPanel(panel, output, rows, panelAt, rest);
    for (let token = 0; token < tokens; token += BATCH) {
      const last = min(token + BATCH, tokens);
      multiplyBatch(address(args, WEIGHT_WORDS + 2), token, last, panelAt, scratch);
      for (let tile = token; tile < last; tile += TILE)
        writeTile(args, tile, panel, scratch + (<usize>(tile - token) / TILE) * SUM_BYTES);
    }
  }
}

/** Writes the products of tokens and a panel, f32 [4, 8] for each tile, block by block of the columns. */
function multiplyBatch(x: usize, token: i32, last: i32, panel: usize, sums: usize): void {
  const tiles: usize = (last - token + TILE - 1) / TILE;
  const bytes = <usize>columns * TILE * 4;
  const first = x + (<usize>token / TILE) * bytes;
  memory.fill(sums, 0, tiles * SUM_BYTES);
  for (let block = 0; block < columns; block += BLOCK) {
    const blockBytes = <usize>min(BLOCK, columns - block) * TILE * 4;
    let at = first + <usize>block * TILE * 4;
    for (let tile: usize = 0; tile < tiles; tile++) {
      multiplyTile(at, at + blockBytes, panel, sums + tile * SUM_BYTES);
      at += bytes;
    }
    panel += BLOCK * PANEL * 4;
  }
}

/** Adds the products of the tokens of a tile and the rows of a panel in some columns to f32 [4, 8]. */
function multiplyTile(x: usize, end: usize, panel: usize, sums: usize): void {
  let a0 = v128.load(sums);
  let b0 = v128.load(sums, 16);
  let a1 = v128.load(sums, 32);
  let b1 = v128.load(sums, 48);
  let a2 = v128.load(sums, 64);
  let b2 = v128.load(sums, 80);
  let a3 = v128.load(sums, 96);
  let b3 = v128.load(sums, 112);
  // Two columns at a time would need more registers than there are.
  for (; x < end; x += TILE * 4) {
    const a = v128.load(panel);
    const b = v128.load(panel, 16);
    const x0 = v128.load32_splat(x);
    const x1 = v128.load32_splat(x, 4);
    const x2 = v128.load32_splat(x, 8);
    const x3 = v128.load32_splat(x, 12);
    a0 = f32x4.add(a0, f32x4.mul(a, x0));
    b0 = f32x4.add(b0, f32x4.mul(b, x0));
    a1 = f32x4.add(a1, f32x4.mul(a, x1));
    b1 = f32x4.add(b1, f32x4.mul(b, x1));
    a2 = f32x4.add(a2, f32x4.mul(a, x2));
    b2 = f32x4.add(b2, f32x4.mul(b, x2));
    a3 = f32x4.add(a3, f32x4.mul(a, x3));
    b3 = f32x4.add(b3, f32x4.mul(b, x3));
    panel += PANEL * 4;
  }
  v128.store(sums, a0);
  v128.store(sums, b0, 16);
  v128.store(sums, a1, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, a2, 64);
  v128.store(sums, b2, 80);
  v128.store(sums, a3, 96);
  v128.store(sums, b3, 112);
}

/** Stores a tile, without the rows and tokens that there are not. */
function writeTile(args: usize, token: i32, panel: i32, sums: usize): void {
  const rows = word(args, WEIGHT_WORDS);
  const output = word(args, WEIGHT_WORDS + 1);
  const bytes = (<usize>(output == SWIGLU ? rows >> 1 : rows)) << 2;
  const end = min(token + TILE, word(args, WEIGHT_WORDS + 4));
  const hasSecond = 2 * panel + 1 < rows / QUAD;
  for (; token < end; token++) {
    const y = address(args, WEIGHT_WORDS + 3) + <usize>token * bytes;
    writeQuad(output, y, 2 * panel, v128.load(sums));
    if (hasSecond) writeQuad(output, y, 2 * panel + 1, v128.load(sums, 16));
    sums += 32;
  }
}
