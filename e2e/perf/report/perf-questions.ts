import { readFile } from "node:fs/promises";
import type { ChatMessage } from "../../../src/protocol/engine-api.ts";
import { parseConversationTemplate } from "../../../src/model/sources/mlc/conversation-template.ts";
import { renderPrompt } from "../../../src/tokenizer/chat-template.ts";
import { createTokenizer } from "../../../src/tokenizer/tokenizer.ts";
import { addressOf, fatRowsTexts, type PerfModel } from "./perf-models.ts";

/**
 * Texts to fill a message with: one of many tokens, one of one token, and one of one byte, where a byte is a token.
 */
const FILLERS = [" Friend 7 lives in a town.", " a", "a"];

/** A file with chats of the kind that Pip was trained on, one on each line. */
const CHATS = "src/engine/testing/fixtures/calibration.jsonl";

/** Tokens that are left to the first message, which fills a conversation up to its length. */
const FILLED_TOKENS = 64;

type TokenCounter = (messages: readonly ChatMessage[]) => number;

/**
 * Makes a conversation that has exactly a given number of tokens, without the header of a reply, and ends with a
 * question. With Pip it is a chat of many turns. The other model's words mean nothing, so it gets one long message.
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
  const chat = model === "pip-4.7m" ? await chatBelow(tokens - FILLED_TOKENS, count) : [];
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
      if (count([...chat, { role, text }]) > tokens)
        return chat.at(-1)?.role === "user" ? chat : chat.slice(0, -1);
      chat.push({ role, text });
    }
  }
  throw new Error(`${CHATS} is too short`);
}

/** The messages with text added to the first one, up to the number of tokens. */
function filled(
  [first, ...rest]: readonly ChatMessage[],
  tokens: number,
  count: TokenCounter,
): ChatMessage[] {
  let text = first?.text ?? "";
  const withText = (more: string): ChatMessage[] => [{ role: "user", text: more }, ...rest];
  const countWith = (more: string) => count(withText(more));
  for (const filler of FILLERS) {
    // First as many fillers are added as surely fit, then one after the other.
    const size = countWith(text + filler.repeat(8)) - countWith(text);
    const fits = Math.floor(((tokens - countWith(text)) / size) * 8) - 8;
    text += filler.repeat(Math.max(0, fits));
    while (countWith(text + filler) <= tokens) text += filler;
  }
  if (countWith(text) !== tokens) throw new Error(`no text has ${String(tokens)} tokens`);
  return withText(text);
}

async function tokenCounter(model: PerfModel): Promise<TokenCounter> {
  const url = addressOf(model);
  const files = model === "pip-4.7m" ? await pipFiles(url) : fatRowsTexts();
  const template = parseConversationTemplate(JSON.parse(files.config), url);
  const tokenizer = await createTokenizer(files.tokenizer, url);
  return (messages) => {
    const { system, turns } = renderPrompt(template, tokenizer, messages);
    return [system, ...turns].flat().length;
  };
}

async function pipFiles(url: string): Promise<{ config: string; tokenizer: string }> {
  const read = (name: string) => readFile(`public/${url}${name}`, "utf8");
  return { config: await read("mlc-chat-config.json"), tokenizer: await read("tokenizer.json") };
}
