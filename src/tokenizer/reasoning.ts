/**
 * @file How a model marks the reasoning with which a reply begins, such as `<think>…</think>`.
 *
 * Reasoning is kept apart from a reply's text. Most chat templates leave the reasoning of earlier replies out, so that
 * the text has to be usable without it.
 */

import type { Tokenizer } from "./tokenizer.ts";

export const OPEN = "<think>";
export const CLOSE = "</think>";

/** What stands before and after a model's reasoning. */
export interface ReasoningMarks {
  open: string;
  close: string;
  /**
   * The tokens of both. A vocabulary that has them spells a mark in no other way, so a text that merely contains the
   * letters of a mark is no mark. Absent where the model spells its marks with ordinary tokens.
   */
  ids?: { open: number; close: number };
}

/**
 * The marks of a model that reasons; undefined for any other, whose replies are text from the first token on.
 *
 * @param templateTexts the texts of the chat template, or its source
 */
export function reasoningMarks(
  tokenizer: Pick<Tokenizer, "addedTokenId">,
  templateTexts: readonly string[],
): ReasoningMarks | undefined {
  const open = tokenizer.addedTokenId(OPEN);
  const close = tokenizer.addedTokenId(CLOSE);
  const marks = { open: OPEN, close: CLOSE };
  if (open !== undefined && close !== undefined) return { ...marks, ids: { open, close } };
  const isMarked = (text: string) => text.includes(OPEN) || text.includes(CLOSE);
  return templateTexts.some(isMarked) ? marks : undefined;
}

/** Whether a reply after this header begins inside its reasoning: the template has written the first mark itself. */
export function beginsInReasoning(
  tokenizer: Tokenizer,
  marks: ReasoningMarks | undefined,
  header: readonly number[],
): boolean {
  if (!marks) return false;
  if (!marks.ids) return tokenizer.decode(header).trimEnd().endsWith(marks.open);
  const last = header.findLastIndex((id) => !isWhite(tokenizer, id) || isMark(marks, id));
  return header[last] === marks.ids.open;
}

export const isMark = ({ ids }: ReasoningMarks, id: unknown): boolean =>
  ids !== undefined && (id === ids.open || id === ids.close);

/** Tab, line feed, vertical tab, form feed, carriage return and space. */
const WHITE_BYTES: ReadonlySet<number> = new Set([9, 10, 11, 12, 13, 32]);

/** Whether a token is nothing but white space; also true for a special token, which has no text. */
export const isWhite = (tokenizer: Pick<Tokenizer, "tokenBytes">, id: number): boolean =>
  tokenizer.tokenBytes(id).every((byte) => WHITE_BYTES.has(byte));
