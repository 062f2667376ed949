import type { ChatMessage, OpenRequest } from "../../protocol/engine-api.ts";
import { promptTokens } from "../../tokenizer/chat-template.ts";
import { writableIds, writtenTokens, type WritableIds } from "../../tokenizer/written-tokens.ts";
import { contextLimits, fitPrompt, type FittedPrompt, type TurnWriter } from "./context-window.ts";
import type { TextModel } from "../sequence/prepared-model.ts";
import { skippedMessages, textLimits, type TextLimits } from "./recent-messages.ts";

/** What reading a conversation needs of a model. */
export type ReadingModel = Omit<TextModel, "stops">;

/** A conversation as the page sent it. */
export type SentConversation = Pick<OpenRequest, "messages" | "begunAtMs">;

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
export async function fitConversation(
  model: ReadingModel,
  { messages, begunAtMs }: SentConversation,
): Promise<FittedPrompt | null> {
  const read = readConversation(model, messages);
  const limits = contextLimits(model.info.contextTokens);
  const fitted = await fitPrompt(read.messages, writerAt(model, begunAtMs), limits);
  return fitted && { ...fitted, droppedMessages: fitted.droppedMessages + read.skipped };
}

/** Number of tokens of a prompt that does not fit; a text too long to be tokenised counts as a whole context. */
export async function promptLength(
  model: ReadingModel,
  { messages, begunAtMs }: SentConversation,
): Promise<number> {
  const read = readConversation(model, messages);
  return promptTokens(await writerAt(model, begunAtMs).write(read.messages)).length;
}

/** Times that a date can have are up to this far from 1970, in milliseconds. */
const MOST_MS = 8.64e15;

/** The model's prompt writer, for a conversation that began then; at no known time, if that is none. */
function writerAt({ prompts }: ReadingModel, begunAtMs = 0): TurnWriter<ChatMessage> {
  const atMs = Math.abs(begunAtMs) <= MOST_MS ? Math.trunc(begunAtMs) : 0;
  return {
    write: (messages) => prompts.write(messages, atMs),
    writesTurnsApart: prompts.writesTurnsApart,
  };
}

function readConversation(model: ReadingModel, messages: readonly ChatMessage[]): ReadConversation {
  const { prompts, tokenizer, config, info } = model;
  const limits = textLimits(info.contextTokens, tokenizer.longestPiece);
  const { mostMessages } = prompts;
  const writable = writableIds(tokenizer, prompts, config);
  const system = messages.slice(0, 1).filter(isSystem);
  // A system message in any other place would be a bug, or a lie.
  const turns = messages.filter((message) => !isSystem(message));
  const skipped = skippedMessages(turns, { ...limits, mostMessages });
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
