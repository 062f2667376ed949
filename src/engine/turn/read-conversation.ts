import type { ChatMessage, OpenRequest } from "../../protocol/engine-api.ts";
import { promptTokens } from "../../tokenizer/chat-template.ts";
import { writableIds, writtenTokens, type WritableIds } from "../../tokenizer/written-tokens.ts";
import { replyTokens } from "./cut-reply.ts";
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

/**
 * The prompt with which the last message of a conversation goes on, a reply that was cut: it ends with the reply's
 * tokens, and nothing of the template stands behind them. Null if there is no room for one token more.
 */
export async function fitCutReply(
  model: ReadingModel,
  { messages, begunAtMs }: SentConversation,
): Promise<FittedPrompt | null> {
  const reply = messages.at(-1);
  const { contextTokens } = model.info;
  const { textLength } = textLimits(contextTokens, model.tokenizer.longestPiece);
  if (!reply || reply.text.length + (reply.reasoning ?? "").length > textLength) return null;
  const read = readConversation(model, messages.slice(0, -1));
  const fitted = await fitPrompt(
    read.messages,
    writerAt(model, begunAtMs),
    contextLimits(contextTokens),
    (header) => replyTokens(model, reply, header),
  );
  return fitted && { ...fitted, droppedMessages: fitted.droppedMessages + read.skipped };
}

/** How long a prompt is that does not fit. */
interface PromptLength {
  tokens: number;
  /** Whether a text was too long to be tokenised, which counts as a whole context. */
  isAtLeast: boolean;
}

/** The length of the shortest prompt that the last message can have, which is that of the message alone. */
export async function promptLength(
  model: ReadingModel,
  { messages, begunAtMs }: SentConversation,
): Promise<PromptLength> {
  const alone = [...messages.slice(0, -1).filter(isSystem), ...messages.slice(-1)];
  const { textLength } = textLimits(model.info.contextTokens, model.tokenizer.longestPiece);
  const read = readConversation(model, alone);
  const { length: tokens } = promptTokens(await writerAt(model, begunAtMs).write(read.messages));
  return { tokens, isAtLeast: alone.some(({ text }) => text.length > textLength) };
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
