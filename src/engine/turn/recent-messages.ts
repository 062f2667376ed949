/**
 * @file Which messages of a very long conversation are read at all, before any is tokenised.
 *
 * RM1 A message weighs as much as it has characters, its reasoning included, and a little more for its template
 *     tokens. From the first one on, messages form blocks: once a block weighs enough, it ends before the next user
 *     message.
 * RM2 Only the last two blocks are read. A block is as much as a context can hold, so that messages before them
 *     are out of view anyway, and the number of characters that are read is bounded.
 * RM3 Where blocks begin depends only on the messages before. As a conversation grows, reading begins at the
 *     same place for a whole block, and the rows of the KV cache stay valid.
 * RM4 A message of more characters than a context can hold weighs no more than those: it is never
 *     tokenised.
 * RM5 Where only so many messages may be read, a block ends once it has half as many, whatever they weigh.
 */

/** Limits of the texts of a prompt that is to fit into a context, in characters. */
export interface TextLimits {
  /** A text of more characters has more tokens than the context, whichever characters they are. */
  textLength: number;
  /** RM1: the weight at which a block ends. */
  blockLength: number;
}

/** RM1: the weight of a message besides its text, for the tokens that the template puts around it. */
const MESSAGE_LENGTH = 32;
/** Least weight of a block: before an ordinary conversation weighs this much, its first messages are out of view. */
const LEAST_BLOCK_LENGTH = 2 ** 18;

/** @param longestPiece the most characters that one token stands for */
export function textLimits(contextTokens: number, longestPiece: number): TextLimits {
  const textLength = contextTokens * longestPiece;
  return { textLength, blockLength: Math.max(textLength, LEAST_BLOCK_LENGTH) };
}

/** RM1 to RM5: how many messages from the front are not read. */
export function skippedMessages(
  messages: readonly { role: string; text: string; reasoning?: string | undefined }[],
  { textLength, blockLength, mostMessages }: TextLimits & { mostMessages: number },
): number {
  let begin = 0;
  let beginBefore = 0;
  let length = 0;
  for (const [index, { role, text, reasoning = "" }] of messages.entries()) {
    const isFull = length >= blockLength || index - begin >= mostMessages / 2;
    if (role === "user" && isFull) {
      beginBefore = begin;
      begin = index;
      length = 0;
    }
    length += Math.min(text.length + reasoning.length, textLength) + MESSAGE_LENGTH;
  }
  return beginBefore;
}
