import type { ChatMessage } from "../../protocol/engine-api.ts";
import { promptTokens, renderPrompt } from "../../tokenizer/chat-template.ts";
import { writableIds, writtenTokens, type WritableIds } from "../../tokenizer/written-tokens.ts";
import { contextLimits, fitPrompt, type FittedPrompt } from "./context-window.ts";
import type { TextModel } from "../sequence/prepared-model.ts";
import { skippedMessages, textLimits, type TextLimits } from "./recent-messages.ts";

/** What reading a conversation needs of a model. */
export type ReadingModel = Omit<TextModel, "stops">;

/** A conversation as the page sent it, with nothing in it that the model must not be given. */
interface ReadConversation {
  messages: ChatMessage[];
  /** Messages at the front that are out of view, whatever they hold. */
  skipped: number;
}

/**
 * The prompt of a conversation, cut so that it fits, or null if its last message alone is too long.
 * Believes nothing it is given: neither that tokens are those of their text, nor that a text is short.
 */
export function fitConversation(
  model: ReadingModel,
  messages: readonly ChatMessage[],
): FittedPrompt | null {
  const read = readConversation(model, messages);
  const limits = contextLimits(model.info.contextTokens);
  const fitted = fitPrompt(read.messages, renderWith(model), limits);
  return fitted && { ...fitted, droppedMessages: fitted.droppedMessages + read.skipped };
}

/** Number of tokens of a prompt that does not fit; a text too long to be tokenised counts as a whole context. */
export function promptLength(model: ReadingModel, messages: readonly ChatMessage[]): number {
  return promptTokens(renderWith(model)(readConversation(model, messages).messages)).length;
}

const renderWith =
  ({ template, tokenizer }: ReadingModel) =>
  (messages: readonly ChatMessage[]) =>
    renderPrompt(template, tokenizer, messages);

function readConversation(model: ReadingModel, messages: readonly ChatMessage[]): ReadConversation {
  const { template, tokenizer, config, info } = model;
  const limits = textLimits(info.contextTokens, tokenizer.longestPiece);
  const writable = writableIds(tokenizer, template, config);
  const system = messages.slice(0, 1).filter(isSystem);
  // A system message in any other place would be a bug, or a lie.
  const turns = messages.filter((message) => !isSystem(message));
  const skipped = skippedMessages(turns, limits);
  const read = [...system, ...turns.slice(skipped)].map((message) =>
    message.text.length > limits.textLength
      ? tooLong(message, model, limits)
      : readMessage(message, writable, limits),
  );
  return { messages: read, skipped };
}

const isSystem = ({ role }: ChatMessage): boolean => role === "system";

/** A message of as many tokens as the context has: no prompt fits with it, and none of its tokens is ever run. */
function tooLong(
  { role, text }: ChatMessage,
  model: ReadingModel,
  limits: TextLimits,
): ChatMessage {
  // A system message is always tokenised, and this much of it is enough to be too long.
  if (role === "system") return { role, text: text.slice(0, limits.textLength + 1) };
  const ids = new Array<number>(model.info.contextTokens).fill(0);
  return { role, text: "", tokens: { tokenizer: model.tokenizer.fingerprint, ids } };
}

function readMessage(
  message: ChatMessage,
  writable: WritableIds,
  { textLength }: TextLimits,
): ChatMessage {
  const { role, text, reasoning = "" } = message;
  const isReasoned = role === "assistant" && reasoning !== "" && reasoning.length <= textLength;
  const known = { role, text, ...(isReasoned && { reasoning }) };
  const tokens = writtenTokens(writable, { ...known, tokens: message.tokens });
  return { ...known, ...(tokens && { tokens }) };
}
