/**
 * @file Checks the token ids that are stored with a reply's text, on a disk that anyone may have written to.
 *
 * Tokenising a text never gives a token that steers the model, but ids that are stored beside it might be such
 * tokens. So they are only used if they stand for exactly the text that the page shows.
 */

import type { MessageTokens } from "../protocol/engine-api.ts";
import type { TemplateMessage } from "./chat-template.ts";
import type { PromptWriter } from "./prompt-writer.ts";
import { isMark, type ReasoningMarks } from "./reasoning.ts";
import { ReplyParts } from "./reply-parts.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The ids that a model can write as text. */
export interface WritableIds {
  tokenizer: Tokenizer;
  /** The model can only produce ids below this one. */
  size: number;
  /** Ids that end a reply or belong to the template. None of them is ever text. */
  control: ReadonlySet<number>;
  /** What stands around the model's reasoning; undefined if it does not reason. */
  marks: ReasoningMarks | undefined;
}

export function writableIds(
  tokenizer: Tokenizer,
  { control, marks }: Pick<PromptWriter, "control" | "marks">,
  { activeVocab, eosTokenIds }: { activeVocab: number; eosTokenIds: readonly number[] },
): WritableIds {
  return { tokenizer, size: activeVocab, control: new Set([...control, ...eosTokenIds]), marks };
}

/**
 * The message's stored tokens, as far as a model with this tokenizer can have written them: those of the text as
 * `writtenIds` says, and with them those of the reasoning, if they are exactly the message's reasoning between its
 * marks. This takes time proportional to the message.
 */
export function writtenTokens(
  writable: WritableIds,
  message: TemplateMessage,
): MessageTokens | undefined {
  const ids = writtenIds(writable, message);
  if (!ids) return undefined;
  const reasoningIds = writtenReasoning(writable, message);
  return { tokenizer: writable.tokenizer.fingerprint, ids, ...(reasoningIds && { reasoningIds }) };
}

/**
 * The message's stored ids, if a model with this tokenizer can have written them and they decode to exactly the
 * message's text. Otherwise undefined: the text has to be tokenised. This takes time proportional to the text.
 */
export function writtenIds(
  writable: WritableIds,
  { role, text, tokens }: TemplateMessage,
): readonly number[] | undefined {
  const { tokenizer } = writable;
  // Only replies were written by a model.
  if (role !== "assistant" || tokens?.tokenizer !== tokenizer.fingerprint) return undefined;
  const { ids } = tokens;
  if (!Array.isArray(ids) || ids.length > mostTokens(text)) return undefined;
  const isText = ids.every((id) => isWritable(writable, id));
  return isText && tokenizer.decode(ids) === text ? ids : undefined;
}

/** White space and marks, besides the reasoning itself, in tokens. */
const MOST_AROUND_REASONING = 256;

const writtenReasoning = (
  writable: WritableIds,
  message: TemplateMessage,
): readonly number[] | undefined =>
  reasoningIdsOf(
    writable,
    message,
    (parts, reasoning) => reasoning === message.reasoning && parts.isBetween,
  );

/** The message's stored ids of a reasoning that was cut before its second mark, under the same terms. */
export function unfinishedReasoning(
  writable: WritableIds,
  message: TemplateMessage,
): readonly number[] | undefined {
  if (message.role !== "assistant") return undefined;
  if (message.tokens?.tokenizer !== writable.tokenizer.fingerprint) return undefined;
  return reasoningIdsOf(writable, message, (parts, reasoning) => {
    const rest = parts.flush();
    return reasoning + rest.reasoning === message.reasoning && rest.text === "";
  });
}

/** @param isReasoning whether the ids that were pushed, and what they gave, are the message's reasoning */
function reasoningIdsOf(
  { tokenizer, marks, ...writable }: WritableIds,
  { reasoning, tokens }: TemplateMessage,
  isReasoning: (parts: ReplyParts, pushed: string) => boolean,
): readonly number[] | undefined {
  const ids = tokens?.reasoningIds;
  if (!marks || !reasoning || !Array.isArray(ids)) return undefined;
  if (ids.length > mostTokens(reasoning) + MOST_AROUND_REASONING) return undefined;
  const known = { tokenizer, marks, ...writable };
  if (!ids.every((id) => isMark(marks, id) || isWritable(known, id))) return undefined;
  // The template has written the first mark, or the model has.
  const isKnown = [true, false].some((begun) => {
    const parts = new ReplyParts(tokenizer, marks, begun);
    const pieces = ids.map((id: number) => parts.push(id));
    if (pieces.some(({ text }) => text !== "")) return false;
    return isReasoning(parts, pieces.map((piece) => piece.reasoning).join(""));
  });
  return isKnown ? ids : undefined;
}

/**
 * The most tokens that a text can have. Each token stands for at least one byte, and a UTF-16 unit of the text for at
 * most three, also if it replaces bytes that are no character. One more byte may be a space that was stripped.
 */
const mostTokens = (text: string): number => 3 * text.length + 1;

function isWritable({ tokenizer, size, control }: WritableIds, id: unknown): boolean {
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= size) return false;
  // Special tokens have no bytes, and neither have ids without a token.
  return !control.has(id) && tokenizer.tokenBytes(id).length > 0;
}
