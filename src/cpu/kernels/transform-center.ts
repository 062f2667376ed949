import { loadQuad, towardsZero, turned } from "./transform-quads";
import { address, word } from "./words";

/** A quad of a token's row, rotated back if `turn` is not 0, less its mean. */
function centered(at: usize, apart: usize, turn: usize, mean: usize): v128 {
  let quad = loadQuad(at, apart);
  if (turn != 0) quad = turned(quad, v128.load(turn), towardsZero());
  return f32x4.sub(quad, v128.load(mean));
}

/**
 * shaders/transform/center-rows.wgsl. An item is four tokens of one side of a layer; items count tokens first, then
 * sides, then layers.
 *
 * Words: addresses of rotation, rows, mean and numbers; start, tokens and skip of the run; layers, KV heads, head
 * dimension.
 */
export function centerRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const rotation = address(args, 0);
  const rows = address(args, 1);
  const means = address(args, 2);
  const numbers = address(args, 3);
  const first = word(args, 4);
  const tokens = word(args, 5);
  const skip = word(args, 6);
  const layers = word(args, 7);
  const kvHeads = word(args, 8);
  const headDim = word(args, 9);
  const quarter = headDim >> 2;
  const quads = kvHeads * quarter;
  const paddedQuads = (quads + 1) & ~1;
  const rowBytes = kvHeads * headDim * 4;
  const fours = tokens >> 2;
  for (let item = start; item < end; item++) {
    const token = (item % fours) << 2;
    const side = (item / fours) & 1;
    const layer = item / fours / 2;
    const row = rows + <usize>((layer * tokens + token) * rowBytes + side * (rowBytes >> 1));
    const turns = side == 0 ? rotation + <usize>((first + token) * headDim * 4) : 0;
    for (let quad = 0; quad < quads; quad++) {
      const head = quad / quarter;
      const j = quad % quarter;
      const mean = means + ((<usize>((side * layers + layer) * paddedQuads + quad)) << 4);
      const x0 = numbersOf(row, quad, 0, token < skip, turns, mean, headDim, rowBytes);
      const x1 = numbersOf(row, quad, 1, token + 1 < skip, turns, mean, headDim, rowBytes);
      const x2 = numbersOf(row, quad, 2, token + 2 < skip, turns, mean, headDim, rowBytes);
      const x3 = numbersOf(row, quad, 3, token + 3 < skip, turns, mean, headDim, rowBytes);
      const channel = ((side * layers + layer) * kvHeads + head) * headDim + j * 2;
      const to = numbers + <usize>((channel * tokens + token) * 4);
      storeTransposed(to, <usize>(tokens * 4), <usize>(headDim * tokens * 2), x0, x1, x2, x3);
    }
  }
}

/** A token's quad, 0 if the token is skipped. @param index the token, counted from that of `row` */
function numbersOf(
  row: usize,
  quad: i32,
  index: i32,
  skipped: bool,
  turns: usize,
  mean: usize,
  headDim: i32,
  rowBytes: i32,
): v128 {
  if (skipped) return f32x4.splat(0);
  const quarter = headDim >> 2;
  const at =
    row + <usize>(index * rowBytes + (quad / quarter) * headDim * 2 + (quad % quarter) * 4);
  const turn = turns != 0 ? turns + <usize>(index * headDim * 4 + (quad % quarter) * 16) : 0;
  return centered(at, <usize>headDim, turn, mean);
}

/** Stores four tokens of a quad's two channels, a row of bytes apart, and of their partners. */
function storeTransposed(
  to: usize,
  rowBytes: usize,
  apart: usize,
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
): void {
  const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(to + rowBytes, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(to + apart, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(to + apart + rowBytes, v128.shuffle<f64>(high01, high23, 1, 3));
}
