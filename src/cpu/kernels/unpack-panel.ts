import { QUAD, quadRow } from "./linear-output";
import { interleaveRows } from "./unpack-interleave";
import { unpackRow } from "./unpack-row";
import { columns } from "./weights-layout";

/** Rows of a panel: two quads. */
export const PANEL: i32 = 8;

/**
 * Writes two quads of rows as f32 [columns, 8].
 *
 * @param scratch room for five rows of f32
 */
export function unpackPanel(panel: i32, output: i32, rows: i32, out: usize, scratch: usize): void {
  const bytes = (<usize>columns) << 2;
  const last = rows / QUAD - 1;
  for (let half = 0; half < 2; half++) {
    // Where there is no second quad, the first one is computed once more, and not stored.
    const quad = min(2 * panel + half, last);
    for (let i = 0; i < QUAD; i++)
      unpackRow(quadRow(output, rows, quad, i), scratch + <usize>i * bytes, scratch + 4 * bytes);
    const second = scratch + bytes;
    const third = second + bytes;
    const at = out + ((<usize>half) << 4);
    interleaveRows(scratch, second, third, third + bytes, bytes, at, PANEL * 4);
  }
}
