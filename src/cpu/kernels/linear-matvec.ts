import { dotCodes, sumsOfFour } from "./linear-codes";
import { dotFloats } from "./linear-floats";
import { writeQuad } from "./linear-output";
import { CODES4, CODES8, readWeights, values, WEIGHT_WORDS } from "./weights-layout";
import { address, word } from "./words";

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
  const hasCodes = values == CODES4 || values == CODES8;
  for (let quad = start; quad < end; quad++) {
    if (hasCodes) {
      writeQuad(output, y, quad, dotCodes(quad, output, rows, x, scratch));
    } else {
      dotFloats(quad, output, rows, x, scratch);
      writeQuad(output, y, quad, sumsOfFour(scratch));
    }
  }
}
