/** How many leading tokens two sequences share. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

/**
 * How many tokens of a prompt need not be run, because their K and V are in the cache.
 *
 * That is never all of them: the last token is run for its logits.
 *
 * @param resident tokens whose K and V the cache holds, from position 0 on
 */
export function reusableTokens(resident: readonly number[], prompt: readonly number[]): number {
  return Math.min(commonPrefix(resident, prompt), Math.max(prompt.length - 1, 0));
}
