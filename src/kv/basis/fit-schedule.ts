/**
 * @file When a basis is fitted, by how many tokens were learned from. Rules:
 *
 * - FS1: The first is fitted to the first chunk: the weights say in which directions, the rows how far and about what.
 * - FS2: The second is fitted to 1,500 tokens, and each further one to three times as many as the one before. As many
 *   bases are kept as hold nine tenths of what was coded in any of them.
 * - FS3: Nothing is learned any more when a basis was fitted to so many tokens that more would hardly change it.
 */

/** A chunk without its sinks. */
export const FIRST_TOKENS = 124;
const SECOND_TOKENS = 1500;
const GROWTH = 3;
/** Directions of the covariance of so many tokens are those of any more, for as many channels as a group may have. */
const ENOUGH_TOKENS = 40_000;

/**
 * Whether a basis is to be fitted now.
 *
 * @param tokens that were learned from
 * @param fittedTokens that the present basis was fitted to. Undefined without one
 */
export function isFitDue(tokens: number, fittedTokens: number | undefined): boolean {
  if (fittedTokens === undefined) return tokens >= FIRST_TOKENS;
  return !isLearned(fittedTokens) && tokens >= Math.max(SECOND_TOKENS, GROWTH * fittedTokens);
}

/** Whether no further basis will be fitted. */
export const isLearned = (fittedTokens: number | undefined): boolean =>
  fittedTokens !== undefined && fittedTokens >= ENOUGH_TOKENS;
