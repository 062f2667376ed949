import { QUAD, quadRow } from "./linear-output";
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
    interleaveQuad(scratch, bytes, out + ((<usize>half) << 4));
  }
}

/** Copies four rows that lie one after the other to every second quad of `out`, column by column. */
function interleaveQuad(rows: usize, bytes: usize, out: usize): void {
  const end = rows + bytes;
  while (rows < end) {
    const a = v128.load(rows);
    const b = v128.load(rows + bytes);
    const c = v128.load(rows + 2 * bytes);
    const d = v128.load(rows + 3 * bytes);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(abLow, cdLow, 0, 2));
    v128.store(out, v128.shuffle<f64>(abLow, cdLow, 1, 3), 32);
    v128.store(out, v128.shuffle<f64>(abHigh, cdHigh, 0, 2), 64);
    v128.store(out, v128.shuffle<f64>(abHigh, cdHigh, 1, 3), 96);
    rows += 16;
    out += 128;
  }
}
