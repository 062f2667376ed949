import { QUAD, SWIGLU, writeQuad } from "./linear-output";
import { unpackPanel, PANEL } from "./unpack-panel";
import { columns, readWeights, WEIGHT_WORDS } from "./weights-layout";
import { address, word } from "./words";

/** Tokens that are multiplied together. */
const TILE: i32 = 4;

/**
 * y = x Wᵀ for all tokens of a step. An item is a panel of eight rows, which is unpacked once and then multiplied by all
 * tokens. Each output is one sum over the columns in their order, so its bits depend on nothing else.
 *
 * Words: those of the weights, the number of rows, the output, addresses of x [tokens, columns] and of y, the tokens.
 */
export function matmul(args: usize, start: i32, end: i32, scratch: usize): void {
  readWeights(args);
  const rows = word(args, WEIGHT_WORDS);
  const output = word(args, WEIGHT_WORDS + 1);
  const tokens = word(args, WEIGHT_WORDS + 4);
  const sums = scratch;
  const panelAt = scratch + 2 * PANEL * TILE * 4;
  const rest = panelAt + <usize>columns * PANEL * 4;
  for (let panel = start; panel < end; panel++) {
    unpackPanel(panel, output, rows, panelAt, rest);
    for (let token = 0; token < tokens; token += TILE) {
      multiplyTile(address(args, WEIGHT_WORDS + 2), token, tokens, panelAt, sums);
      writeTile(args, token, panel, sums);
    }
  }
}

/** Writes the products of four tokens and a panel, f32 [4, 8]. Tokens past the end repeat the last one. */
function multiplyTile(x: usize, token: i32, tokens: i32, panel: usize, sums: usize): void {
  const bytes = (<usize>columns) << 2;
  const last = tokens - 1;
  let x0 = x + <usize>token * bytes;
  let x1 = x + <usize>min(token + 1, last) * bytes;
  let x2 = x + <usize>min(token + 2, last) * bytes;
  let x3 = x + <usize>min(token + 3, last) * bytes;
  const end = x0 + bytes;
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  while (x0 < end) {
    for (let i = 0; i < 2; i++) {
      const a = v128.load(panel);
      const b = v128.load(panel, 16);
      const v0 = v128.load32_splat(x0);
      const v1 = v128.load32_splat(x1);
      const v2 = v128.load32_splat(x2);
      const v3 = v128.load32_splat(x3);
      a0 = f32x4.add(a0, f32x4.mul(a, v0));
      b0 = f32x4.add(b0, f32x4.mul(b, v0));
      a1 = f32x4.add(a1, f32x4.mul(a, v1));
      b1 = f32x4.add(b1, f32x4.mul(b, v1));
      a2 = f32x4.add(a2, f32x4.mul(a, v2));
      b2 = f32x4.add(b2, f32x4.mul(b, v2));
      a3 = f32x4.add(a3, f32x4.mul(a, v3));
      b3 = f32x4.add(b3, f32x4.mul(b, v3));
      panel += 32;
      x0 += 4;
      x1 += 4;
      x2 += 4;
      x3 += 4;
    }
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
