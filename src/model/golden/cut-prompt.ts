/** Sizes of pieces of which none is a multiple of a tile, one behind the other and from the beginning again. */
const ODD_SIZES = [7, 1, 31, 3, 61];

/** A prompt of at most so many tokens is also cut into single ones. */
const MOST_SINGLE = 20;

/** The sizes of the pieces when a prompt is cut into pieces of these sizes, one behind the other, again and again. */
function piecesOf(tokens: number, sizes: readonly number[]): number[] {
  const pieces = [];
  for (let left = tokens; left > 0; left -= pieces.at(-1) ?? left)
    pieces.push(Math.min(left, sizes[pieces.length % sizes.length] ?? left));
  return pieces;
}

/** A prompt of more tokens is not cut at its ends, since each way takes as long as the whole prompt. */
const MOST_AT_ENDS = 200;

/**
 * Several ways to cut a prompt into steps: in the middle, into odd sizes, after the first and before the last token, and
 * into single tokens if it is short. A prompt of one token cannot be cut.
 *
 * @returns the sizes of the pieces of each way
 */
export function waysToCut(tokens: number): number[][] {
  const half = Math.floor(tokens / 2);
  const atEnds = [
    [1, tokens - 1],
    [tokens - 1, 1],
  ];
  const ways = [
    [half, tokens - half],
    piecesOf(tokens, ODD_SIZES),
    ...(tokens <= MOST_AT_ENDS ? atEnds : []),
    ...(tokens <= MOST_SINGLE ? [piecesOf(tokens, [1])] : []),
  ];
  const cuts = ways.filter((way) => way.length > 1 && !way.includes(0));
  return [...new Map(cuts.map((way) => [way.join(), way])).values()];
}
