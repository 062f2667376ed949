import { loadHalves, storeHalves } from "./halves";
import { TURN_ON, turnHead } from "./rows-rotate";
import { address, word } from "./words";

/**
 * Moves rows of the cache to lower positions, as `shaders/rows/reposition.wgsl` does. An item is a head of keys or of
 * values in all rows. Rows are moved in ascending order, so that none is overwritten before it was read.
 *
 * Words: addresses of the rotation and of the cache, KV heads, head dimension, position of the first row before the move
 * and after it, rows.
 */
export function reposition(args: usize, start: i32, end: i32, scratch: usize): void {
  const heads = word(args, 2);
  const rowBytes = (<usize>(heads * word(args, 3))) << 2;
  const rows = word(args, 6);
  for (let head = start; head < end; head++) {
    const offset = address(args, 1) + ((<usize>(head * word(args, 3))) << 1);
    let from = offset + <usize>word(args, 4) * rowBytes;
    let to = offset + <usize>word(args, 5) * rowBytes;
    for (let row = 0; row < rows; row++) {
      if (head < heads) moveKey(args, from, to, scratch);
      else memory.copy(to, from, (<usize>word(args, 3)) << 1);
      from += rowBytes;
      to += rowBytes;
    }
  }
}

function moveKey(args: usize, from: usize, to: usize, scratch: usize): void {
  const headDim = word(args, 3);
  for (let i = 0; i < headDim; i += 4)
    v128.store(scratch + ((<usize>i) << 2), loadHalves(from + ((<usize>i) << 1)));
  turnHead(scratch, address(args, 0), headDim, TURN_ON);
  for (let i = 0; i < headDim; i += 4)
    storeHalves(to + ((<usize>i) << 1), v128.load(scratch + ((<usize>i) << 2)));
}
