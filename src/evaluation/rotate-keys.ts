import { SINK_TOKENS } from "../kv/cache/chunk-layout.ts";
import { decodeFloats, encodeFloats } from "../shared/number-formats.ts";

/** Shape of one layer's keys and values, and how fast RoPE turns the keys. */
export interface LayerShape {
  kvHeads: number;
  headDim: number;
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
}

/**
 * Apply RoPE to the keys of rows, or undo it.
 *
 * @param rows [tokens, 2, kvHeads, headDim] f16 of the tokens behind the sinks
 * @param sign 1 rotates keys from position 0 to their own, -1 rotates them back to 0
 */
export function rotateKeys(
  rows: Uint8Array<ArrayBuffer>,
  { kvHeads, headDim, frequencies }: LayerShape,
  sign: 1 | -1,
): Uint8Array<ArrayBuffer> {
  const numbers = decodeFloats(rows, "f16");
  const half = headDim / 2;
  const rowSize = 2 * kvHeads * headDim;
  for (let row = 0; row * rowSize < numbers.length; row++)
    for (const [d, frequency] of frequencies.entries()) {
      const angle = sign * (SINK_TOKENS + row) * frequency;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let head = 0; head < kvHeads; head++) {
        const at = row * rowSize + head * headDim + d;
        const [a = NaN, b = NaN] = [numbers[at], numbers[at + half]];
        numbers[at] = a * cos - b * sin;
        numbers[at + half] = b * cos + a * sin;
      }
    }
  return encodeFloats(numbers, "f16");
}
