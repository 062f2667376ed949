import { keptOf, kvHeadsOf, OWN, rowBytes, skipOf, startOf, tokensOf } from "./pairs-layout";
import { address } from "./words";

/**
 * Finds the tokens in which two merged layers differ most, as `shaders/pairs/keep-divergent-rows.wgsl` does. It is one
 * item. Scratch has a word for each token.
 *
 * Words: those of pairs-layout.ts, addresses of the divergences and of the kept tokens.
 */
export function findDivergentRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const tokens = tokensOf(args);
  for (let token = 0; token < tokens; token++)
    store<u32>(scratch + ((<usize>token) << 2), divergenceOf(args, token));
  let to = address(args, OWN + 1);
  for (let token = 0; token < tokens; token++) {
    if (rankOf(token, tokens, scratch) >= keptOf(args)) continue;
    store<i32>(to, token);
    to += 4;
  }
}

/** Divergences as whole numbers in the same order. Those of skipped tokens are less than all others. */
function divergenceOf(args: usize, token: i32): u32 {
  if (token < skipOf(args)) return 0;
  const vectors = 2 * kvHeadsOf(args);
  let at = address(args, OWN) + ((<usize>(token * vectors)) << 2);
  let most: u32 = 0;
  for (let i = 0; i < vectors; i++) {
    most = max(most, load<u32>(at));
    at += 4;
  }
  return most + 1;
}

/** How many tokens come before one: those that diverge more, and earlier ones that diverge as much. */
function rankOf(token: i32, tokens: i32, divergences: usize): i32 {
  const own = load<u32>(divergences + ((<usize>token) << 2));
  let rank = 0;
  for (let other = 0; other < tokens; other++) {
    const theirs = load<u32>(divergences + ((<usize>other) << 2));
    if (theirs > own || (theirs == own && other < token)) rank++;
  }
  return rank;
}

/**
 * Copies the rows of kept tokens of both layers. An item is a kept token.
 *
 * Words: those of pairs-layout.ts, addresses of the kept tokens, of the kept rows and of both layers' caches.
 */
export function copyKeptRows(args: usize, start: i32, end: i32, scratch: usize): void {
  const bytes = rowBytes(args);
  for (let slot = start; slot < end; slot++) {
    const token = load<i32>(address(args, OWN) + ((<usize>slot) << 2));
    const cached = <usize>(startOf(args) + token) * bytes;
    const to = address(args, OWN + 1) + <usize>slot * bytes;
    memory.copy(to, address(args, OWN + 2) + cached, bytes);
    memory.copy(to + <usize>keptOf(args) * bytes, address(args, OWN + 3) + cached, bytes);
  }
}
