import type { MessageRecord } from "../../protocol/store-api.ts";

/** Bytes of UTF-8 to a token: English has a little more, and most other languages less. */
const BYTES_PER_TOKEN = 4;
/** What a template writes around a message. */
const AROUND_MESSAGE = 5;

/** Letters outside ASCII take two or three bytes, and are counted as the latter. */
export function estimatedTokens(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += text.charCodeAt(i) < 0x80 ? 1 : 3;
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** A message never changes: a longer one is another object. */
const known = new WeakMap<MessageRecord, number>();

/** About how many tokens a message takes: those that the model wrote are known, others are estimated once. */
function tokensOf(message: MessageRecord): number {
  const before = known.get(message);
  if (before !== undefined) return before;
  const { tokens, text } = message;
  const ids = tokens ? tokens.ids.length + (tokens.reasoningIds?.length ?? 0) : undefined;
  const count = (ids ?? estimatedTokens(text)) + AROUND_MESSAGE;
  known.set(message, count);
  return count;
}

/** About how many tokens these messages take together. */
export const aboutTokensOf = (messages: readonly MessageRecord[]): number =>
  messages.reduce((sum, message) => sum + tokensOf(message), 0);
