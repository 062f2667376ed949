import { unpackRow } from "./unpack-row";
import { columns, readWeights, WEIGHT_WORDS } from "./weights-layout";
import { address, word } from "./words";

/**
 * Looks up the embeddings of tokens: x[t] = weights[ids[t]]. An item is a token.
 *
 * Words: those of the weights, then the addresses of the ids (u32) and of x [tokens, columns], and the number of rows.
 */
export function embed(args: usize, start: i32, end: i32, scratch: usize): void {
  readWeights(args);
  const ids = address(args, WEIGHT_WORDS);
  const x = address(args, WEIGHT_WORDS + 1);
  const last = <u32>word(args, WEIGHT_WORDS + 2) - 1;
  for (let token: usize = start; token < <usize>end; token++) {
    const row = min(load<u32>(ids + (token << 2)), last);
    unpackRow(row, x + ((token * <usize>columns) << 2), scratch);
  }
}
