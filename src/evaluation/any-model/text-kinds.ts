/**
 * Kinds of text. Of a `first conversation` there are 500 tokens, which is what a new visitor has; a `long conversation` is
 * several of the others after one another.
 */
export const TEXT_KINDS = [
  "chat",
  "document",
  "code",
  "language",
  "first conversation",
  "long conversation",
] as const;

export type TextKind = (typeof TEXT_KINDS)[number];
