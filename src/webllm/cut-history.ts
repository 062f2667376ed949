/**
 * @file What of a conversation WebLLM is given once it is longer than the context window.
 *
 * WebLLM refuses a prompt that does not fit, and says only then how long it is. So the length is estimated from what
 * earlier prompts took for each letter.
 *
 * HC1 A system message is kept, and so is the last user message. Messages are dropped from the front, in whole
 *     exchanges: a user message and all up to the next one.
 * HC2 What is dropped stays dropped while the conversation grows. Where it became shorter than that, as by editing an
 *     early message, nothing is dropped yet.
 * HC3 As long as nothing is known of lengths, or the prompt leaves an eighth of the window for its reply, nothing more
 *     is dropped.
 * HC4 Otherwise as few exchanges are dropped as bring it down to three quarters of the window; if none do, all but the
 *     last.
 */

/** A message as WebLLM is given it. */
export interface SentMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface WindowTerms {
  contextTokens: number;
  /** What a letter takes, with its share of the template; undefined until a prompt was measured. */
  tokensPerLetter: number | undefined;
  /** How many messages were dropped before. */
  droppedBefore: number;
}

/** How many messages after a system message are dropped. */
export function cutHistory(
  messages: readonly SentMessage[],
  { contextTokens, tokensPerLetter, droppedBefore }: WindowTerms,
): number {
  const { turns, starts } = partsOf(messages);
  const kept = starts.includes(droppedBefore) ? droppedBefore : 0;
  if (tokensPerLetter === undefined) return kept;
  const tokensFrom = (dropped: number) =>
    tokensPerLetter * lettersOf(withoutOldest(messages, dropped));
  if (tokensFrom(kept) <= (contextTokens * 7) / 8) return kept;
  const later = starts.filter((start) => start > kept && start < turns.length);
  return (
    later.find((start) => tokensFrom(start) <= (contextTokens * 3) / 4) ?? later.at(-1) ?? kept
  );
}

/** The next exchange at which the conversation may begin; undefined if only the last one is left. */
export function nextCut(messages: readonly SentMessage[], dropped: number): number | undefined {
  return partsOf(messages).starts.find((start) => start > dropped);
}

/** The conversation without so many of its messages after the system message. */
export function withoutOldest(messages: readonly SentMessage[], dropped: number): SentMessage[] {
  const { system, turns } = partsOf(messages);
  return [...system, ...turns.slice(dropped)];
}

export const lettersOf = (messages: readonly SentMessage[]): number =>
  messages.reduce((sum, { content }) => sum + content.length, 0);

function partsOf(messages: readonly SentMessage[]) {
  const system = messages.filter(({ role }) => role === "system");
  const turns = messages.slice(system.length);
  const starts = turns.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  return { system, turns, starts: [0, ...starts.filter((start) => start > 0)] };
}
