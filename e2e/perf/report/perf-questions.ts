import { readFile } from "node:fs/promises";
import type { ChatMessage } from "../../../src/protocol/engine-api.ts";
import { parseConversationTemplate } from "../../../src/model/sources/mlc/conversation-template.ts";
import { createPromptWriter } from "../../../src/tokenizer/jinja/jinja-writer.ts";
import { rendererInThread } from "../../../src/tokenizer/jinja/renderer-in-thread.ts";
import { slotWriter, type PromptWriter } from "../../../src/tokenizer/prompt-writer.ts";
import { createTokenizer } from "../../../src/tokenizer/tokenizer.ts";
import { describeFile } from "./file-model.ts";
import { addressOf, fatRowsTexts, isFile, type PerfModel } from "./perf-models.ts";

/**
 * Texts to fill a message with: one of many tokens, one of one token, and one of one byte, where a byte is a token.
 */
const FILLERS = [" Friend 7 lives in a town.", " a", "a"];

/** A file with chats of the kind that Pip was trained on, one on each line. */
const CHATS = "src/engine/testing/fixtures/calibration.jsonl";

/** Tokens that are left to the first message, which fills a conversation up to its length. */
const FILLED_TOKENS = 64;

type TokenCounter = (messages: readonly ChatMessage[]) => Promise<number>;

/**
 * Makes a conversation that has exactly a given number of tokens, without the header of a reply, and ends with a
 * question. It is a chat of many turns. Only the random model, whose words mean nothing, gets one long message.
 *
 * Ask for a multiple of a chunk's tokens: an answer that is given anew finds whole chunks only, and would compute
 * what is stored in a partial one.
 */
export async function conversationOf(
  model: PerfModel,
  tokens: number,
  beginning: string,
): Promise<ChatMessage[]> {
  const count = await tokenCounter(model);
  const chat = model === "random-10m" ? [] : await chatBelow(tokens - FILLED_TOKENS, count);
  return filled([{ role: "user", text: beginning }, ...chat], tokens, count);
}

/** Exchanges from the chats, beginning with a reply and ending with a question, of fewer than a number of tokens. */
async function chatBelow(tokens: number, count: TokenCounter): Promise<ChatMessage[]> {
  const chat: ChatMessage[] = [];
  for (const line of (await readFile(CHATS, "utf8")).trim().split("\n")) {
    const { messages } = JSON.parse(line) as {
      messages: { role: "user" | "assistant"; content: string }[];
    };
    for (const { role, content: text } of messages) {
      // All chats begin with a question.
      const isNext = role === (chat.length % 2 === 0 ? "assistant" : "user");
      if (!isNext) continue;
      if ((await count([...chat, { role, text }])) > tokens)
        return chat.at(-1)?.role === "user" ? chat : chat.slice(0, -1);
      chat.push({ role, text });
    }
  }
  throw new Error(`${CHATS} is too short`);
}

/** The messages with text added to the first one, up to the number of tokens. */
async function filled(
  [first, ...rest]: readonly ChatMessage[],
  tokens: number,
  count: TokenCounter,
): Promise<ChatMessage[]> {
  let text = first?.text ?? "";
  const withText = (more: string): ChatMessage[] => [{ role: "user", text: more }, ...rest];
  const countWith = (more: string) => count(withText(more));
  for (const filler of FILLERS) {
    // First as many fillers are added as surely fit, then one after the other.
    const now = await countWith(text);
    const size = (await countWith(text + filler.repeat(8))) - now;
    const fits = Math.floor(((tokens - now) / size) * 8) - 8;
    text += filler.repeat(Math.max(0, fits));
    while ((await countWith(text + filler)) <= tokens) text += filler;
  }
  if ((await countWith(text)) !== tokens) throw new Error(`no text has ${String(tokens)} tokens`);
  return withText(text);
}

async function tokenCounter(model: PerfModel): Promise<TokenCounter> {
  const { writer } = await writerOf(model);
  return async (messages) => {
    const { system, turns } = await writer.write(messages, 0);
    return [system, ...turns].flat().length;
  };
}

async function writerOf(model: PerfModel): Promise<{ writer: PromptWriter }> {
  const url = addressOf(model);
  if (isFile(model)) {
    const { tokenizerJson, chatTemplate } = await describeFile();
    const tokenizer = await createTokenizer(tokenizerJson, url);
    return createPromptWriter(chatTemplate, { tokenizer, renderer: rendererInThread });
  }
  const files = model === "pip-4.7m" ? await pipFiles(url) : fatRowsTexts();
  const template = parseConversationTemplate(JSON.parse(files.config), url);
  return { writer: slotWriter(template, await createTokenizer(files.tokenizer, url)) };
}

async function pipFiles(url: string): Promise<{ config: string; tokenizer: string }> {
  const read = (name: string) => readFile(`public/${url}${name}`, "utf8");
  return { config: await read("mlc-chat-config.json"), tokenizer: await read("tokenizer.json") };
}
