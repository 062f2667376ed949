/**
 * @file Which messages of a very long conversation are looked at at all, before any is tokenised.
 *
 * RM1 Messages weigh their characters, and something for being there. From the first one on they form
 *     blocks: a block ends before the user message that would be its next once it weighs enough.
 * RM2 Only the last two blocks are looked at. A block is as much as a context can hold, so what is left
 *     out is out of view anyway, and what is looked at is bounded.
 * RM3 Where blocks begin depends on nothing but the messages before: as a conversation grows, what is
 *     looked at begins at the same place for a whole block, and the rows of the KV cache stay valid.
 * RM4 A message of more characters than a context can hold weighs no more than those: it is never
 *     tokenised.
 */

/** Of a prompt that is to fit into a context. */
export interface TextLimits {
  /** A text of more characters has more tokens than the context, whatever they are. */
  textLength: number;
  /** RM1: what a block weighs. */
  blockLength: number;
}

/** RM1: what a message weighs besides its text, for the template's token or more around it. */
const MESSAGE_LENGTH = 32;
/** Long before an ordinary conversation weighs so much, its first messages are out of view. */
const LEAST_BLOCK_LENGTH = 2 ** 18;

/** @param longestPiece no token stands for more characters */
export function textLimits(contextTokens: number, longestPiece: number): TextLimits {
  const textLength = contextTokens * longestPiece;
  return { textLength, blockLength: Math.max(textLength, LEAST_BLOCK_LENGTH) };
}

/** RM1 to RM4: how many messages from the front are not looked at. */
export function skippedMessages(
  messages: readonly { role: string; text: string }[],
  { textLength, blockLength }: TextLimits,
): number {
  let begin = 0;
  let beginBefore = 0;
  let length = 0;
  for (const [index, { role, text }] of messages.entries()) {
    if (role === "user" && length >= blockLength) {
      beginBefore = begin;
      begin = index;
      length = 0;
    }
    length += Math.min(text.length, textLength) + MESSAGE_LENGTH;
  }
  return beginBefore;
}
