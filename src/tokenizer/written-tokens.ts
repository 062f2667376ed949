/**
 * @file Token ids that come with a reply's text, from a disk that anyone may have written.
 *
 * Text is tokenised so that it can hold no token that steers the model. Ids that are stored beside it
 * skip that, so they are used only where they can be nothing but the text that the page shows.
 */

import { stopConditions, templateTexts, type ChatTemplate } from "./chat-template.ts";
import type { TemplateMessage } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Which ids a model can have written as text. */
export interface WritableIds {
  tokenizer: Tokenizer;
  /** Ids from here on the model cannot produce. */
  size: number;
  /** Ids that end a reply or belong to the template: none of them is ever text. */
  control: ReadonlySet<number>;
}

export function writableIds(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { activeVocab, eosTokenIds }: { activeVocab: number; eosTokenIds: readonly number[] },
): WritableIds {
  const ofTemplate = templateTexts(template).flatMap((text) => tokenizer.addedTokensIn(text));
  const stops = stopConditions(template, tokenizer).ids;
  const control = new Set([...ofTemplate, ...stops, ...eosTokenIds]);
  return { tokenizer, size: activeVocab, control };
}

/**
 * The message's ids, if they were written by the model of this tokenizer and decode to exactly the
 * message's text; else undefined, and the text is to be tokenised. Takes time proportional to the text.
 */
export function writtenIds(
  writable: WritableIds,
  { role, text, tokens }: TemplateMessage,
): readonly number[] | undefined {
  const { tokenizer } = writable;
  // The model has written replies and nothing else.
  if (role !== "assistant" || tokens?.tokenizer !== tokenizer.fingerprint) return undefined;
  const { ids } = tokens;
  if (!Array.isArray(ids) || ids.length > mostTokens(text)) return undefined;
  const isText = ids.every((id) => isWritable(writable, id));
  return isText && tokenizer.decode(ids) === text ? ids : undefined;
}

/**
 * Each token brings one byte at least. A character of UTF-16 has three at most, and so has the mark
 * that stands for bytes which are no character; one space more may have been stripped.
 */
const mostTokens = (text: string): number => 3 * text.length + 1;

function isWritable({ tokenizer, size, control }: WritableIds, id: unknown): boolean {
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= size) return false;
  // Special tokens, and ids that no token has, have no bytes.
  return !control.has(id) && tokenizer.tokenBytes(id).length > 0;
}
