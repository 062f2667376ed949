import { QUAD, quadRow, writeQuad } from "./linear-output";
import { normalizeToken } from "./rms-norm";
import { unpackRow } from "./unpack-row";
import { columns, readWeights, WEIGHT_WORDS } from "./weights-layout";
import { address, float, word } from "./words";

/**
 * Prepares x for `matvec`. There is one item.
 *
 * Words: addresses of x and of the norm's gain (0 if there is no norm), the columns, epsilon, where to write.
 */
export function prepareVector(args: usize, start: i32, end: i32, scratch: usize): void {
  const x = address(args, 0);
  const gain = address(args, 1);
  const count = word(args, 2);
  const out = address(args, 4);
  if (gain == 0) memory.copy(out, x, (<usize>count) << 2);
  else normalizeToken(x, gain, out, count, float(args, 3));
}

/**
 * y = W x for one token. An item is a quad of rows.
 *
 * Words: those of the weights, the number of rows, the output, addresses of x as `prepareVector` left it and of y.
 */
export function matvec(args: usize, start: i32, end: i32, scratch: usize): void {
  readWeights(args);
  const rows = word(args, WEIGHT_WORDS);
  const output = word(args, WEIGHT_WORDS + 1);
  const x = address(args, WEIGHT_WORDS + 2);
  const y = address(args, WEIGHT_WORDS + 3);
  const rest = scratch + 16 + ((<usize>columns) << 2);
  for (let quad = start; quad < end; quad++) {
    for (let i = 0; i < QUAD; i++) {
      unpackRow(quadRow(output, rows, quad, i), scratch + 16, rest);
      store<f32>(scratch + ((<usize>i) << 2), dot(scratch + 16, x));
    }
    writeQuad(output, y, quad, v128.load(scratch));
  }
}

function dot(row: usize, x: usize): f32 {
  const end = row + ((<usize>columns) << 2);
  let a = f32x4.splat(0);
  let b = a;
  for (; row < end; row += 32) {
    a = f32x4.add(a, f32x4.mul(v128.load(row), v128.load(x)));
    b = f32x4.add(b, f32x4.mul(v128.load(row, 16), v128.load(x, 16)));
    x += 32;
  }
  const sum = f32x4.add(a, b);
  return (
    f32x4.extract_lane(sum, 0) +
    f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}
