import { describe, expect, test } from "vitest";
import { parseChatConfig } from "../../model/sources/mlc/chat-config.ts";
import { parseConversationTemplate } from "../../model/sources/mlc/conversation-template.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { promptTokens, renderPrompt, type SlotTemplate } from "../../tokenizer/chat-template.ts";
import { slotWriter } from "../../tokenizer/prompt-writer.ts";
import { reasoningMarks } from "../../tokenizer/reasoning.ts";
import {
  createPipTokenizer,
  createThinkingTokenizer,
  pipFile,
  THINK,
} from "../../tokenizer/testing.ts";
import { reusableTokens } from "../sequence/common-prefix.ts";
import {
  fitConversation,
  fitCutReply,
  promptLength,
  type ReadingModel,
} from "./read-conversation.ts";
import { Reply } from "./reply.ts";
import { skippedMessages } from "./recent-messages.ts";

const URL_OF_CONFIG = "https://models.test/mlc-chat-config.json";
const json = JSON.parse(pipFile("mlc-chat-config.json")) as unknown;
const tokenizer = await createPipTokenizer();
const { config, quantization } = parseChatConfig(json, URL_OF_CONFIG);
const template = parseConversationTemplate(json, URL_OF_CONFIG);
const { architecture, contextTokens, sampling } = config;
const known = { url: URL_OF_CONFIG, weightBytes: 1, gpuBytes: 1, tokenizer: tokenizer.fingerprint };
const info = {
  ...known,
  name: "",
  architecture,
  quantization,
  contextTokens,
  sampling,
  adapter: "",
  device: "processor" as const,
};
const model: ReadingModel = { prompts: slotWriter(template, tokenizer), tokenizer, config, info };

const fit = (messages: readonly ChatMessage[]) => fitConversation(model, { messages });

const user = (text: string): ChatMessage => ({ role: "user", text });
const assistant = (text: string, ids?: readonly number[]): ChatMessage => ({
  role: "assistant",
  text,
  ...(ids && { tokens: { tokenizer: tokenizer.fingerprint, ids } }),
});
const plainPrompt = (messages: ChatMessage[]) =>
  promptTokens(renderPrompt(template, tokenizer, messages));
const FIFTY_MB = "The cow says moo. ".repeat(3_000_000);

test("a reply goes on from the tokens that the model wrote", async () => {
  const ids = Array.from("Moo", (letter) => tokenizer.encodeText(letter)).flat();
  const fitted = await fit([user("Say!"), assistant("Moo", ids), user("More!")]);
  expect(fitted?.tokens.join()).toContain(ids.join());
});

test("tampered tokens are not what the model reads: the text is", async () => {
  const ids = [...tokenizer.encodeText("Moo"), 2, 1];
  const messages = [user("Say!"), assistant("Moo", ids), user("More!")];
  const plain = [user("Say!"), assistant("Moo"), user("More!")];
  expect((await fit(messages))?.tokens).toEqual(plainPrompt(plain));
});

test("a system message in the middle of a conversation is not followed", async () => {
  const system: ChatMessage = { role: "system", text: "Obey." };
  const [first, last] = [user("Hello!"), user("Hello?")];
  expect((await fit([first, system, last]))?.tokens).toEqual(plainPrompt([first, last]));
  expect((await fit([system, last]))?.tokens).toEqual(plainPrompt([system, last]));
});

describe("after a reply with reasoning", async () => {
  const thinking = await createThinkingTokenizer();
  const marks = reasoningMarks(thinking, []);
  const ids = (text: string) => thinking.encodeText(text);
  const written = [THINK.open, ...ids("\nHm, a cow.\n"), THINK.close, ...ids("\n\nMoo.")];

  /** The tokens that are prefilled for a second message, and the prompt that they end. */
  async function secondTurn(of: SlotTemplate) {
    const reasoner = { ...model, tokenizer: thinking, prompts: slotWriter(of, thinking) };
    const tokensOf = async (...messages: ChatMessage[]) =>
      (await fitConversation(reasoner, { messages }))?.tokens ?? [];
    const first = await tokensOf(user("Say!"));
    const reply = new Reply(thinking, { stops: [], marks, begun: false });
    for (const id of written) reply.push(id);
    const { text, reasoning, tokens } = reply;
    const said: ChatMessage = { role: "assistant", text, reasoning, tokens };
    const second = await tokensOf(user("Say!"), said, user("More!"));
    const reused = reusableTokens([...first, ...written], second);
    return { first, second, prefilled: second.slice(reused) };
  }
  /** The end of the reply and the new turn, up to where the next reply begins. */
  const newTurn = thinking
    .encodeTemplate("<|im_end|>\n<|im_start|>user\n")
    .concat(ids("More!"), thinking.encodeTemplate("<|im_end|>\n<|im_start|>assistant\n"));

  test("only the new turn is prefilled where the template keeps reasoning", async () => {
    const { first, second, prefilled } = await secondTurn(template);
    expect(prefilled).toEqual(newTurn);
    expect(second).toEqual([...first, ...written, ...newTurn]);
  });

  test("only the text and the new turn are where the template leaves it out", async () => {
    const { first, second, prefilled } = await secondTurn({ ...template, stripsReasoning: true });
    expect(prefilled).toEqual([...ids("Moo."), ...newTurn]);
    expect(second).toEqual([...first, ...prefilled]);
  });

  test("a reasoning that no context can hold is left out", async () => {
    const said: ChatMessage = { ...assistant("Moo"), reasoning: FIFTY_MB };
    const fitted = await fit([user("Say!"), said, user("More!")]);
    expect(fitted?.tokens).toEqual(plainPrompt([user("Say!"), assistant("Moo"), user("More!")]));
  });
});

test("how long a message is that does not fit says nothing of those before it", async () => {
  const alone = await promptLength(model, { messages: [user("Moo!")] });
  const messages = [user("word ".repeat(200)), assistant("Moo"), user("Moo!")];
  expect(await promptLength(model, { messages })).toEqual(alone);
  expect(alone).toEqual({ tokens: plainPrompt([user("Moo!")]).length, isAtLeast: false });
});

describe("a reply that was cut", async () => {
  const thinking = await createThinkingTokenizer();
  const reasoner = { ...model, tokenizer: thinking, prompts: slotWriter(template, thinking) };
  const ids = (text: string) => thinking.encodeText(text);
  const marks = reasoningMarks(thinking, []);
  const header = async () =>
    (await fitConversation(reasoner, { messages: [user("Say!")] }))?.tokens ?? [];

  /** The reply that these tokens are, and its prompt when it goes on. */
  async function goesOn(written: readonly number[], change: Partial<ChatMessage> = {}) {
    const reply = new Reply(thinking, { stops: [], marks, begun: false });
    for (const id of written) reply.push(id);
    reply.end();
    const { text, reasoning, tokens } = reply;
    const cut: ChatMessage = { role: "assistant", text, reasoning, tokens, ...change };
    const fitted = await fitCutReply(reasoner, { messages: [user("Say!"), cut] });
    return { cut, fitted };
  }

  test("stands in the prompt as the model wrote it, with nothing behind it", async () => {
    for (const written of [
      ids("Moo, sa"),
      [THINK.open, ...ids("\nHm, a cow.\n"), THINK.close, ...ids("\n\nMoo, sa")],
      // In the middle of its reasoning.
      [THINK.open, ...ids("\nHm, a c")],
      // In the middle of a character.
      ids("Moo 🐄").slice(0, -1),
    ]) {
      const { fitted } = await goesOn(written);
      expect(fitted?.tokens).toEqual([...(await header()), ...written]);
    }
  });

  test("is tokenised where the model's tokens are not known, or are not those of its text", async () => {
    const written = ids("Moo, sa");
    const tampered = { tokenizer: thinking.fingerprint, ids: [...written, 2] };
    for (const tokens of [undefined, tampered]) {
      const { fitted } = await goesOn(written, { tokens });
      expect(fitted?.tokens).toEqual([...(await header()), ...written]);
    }
    const thought = [THINK.open, ...ids("\nHm, a c")];
    const { fitted } = await goesOn(thought, { tokens: undefined });
    expect(fitted?.tokens).toEqual([...(await header()), ...thought]);
  });

  test("that is longer than the context does not go on", async () => {
    expect((await goesOn(ids("Moo"), { text: FIFTY_MB, tokens: undefined })).fitted).toBeNull();
  });
});

describe("a text that no context can hold", () => {
  test("is too long as the last message, without being tokenised", async () => {
    expect(await fit([user("Hello!"), assistant("Hi!"), user(FIFTY_MB)])).toBeNull();
    const { tokens, isAtLeast } = await promptLength(model, { messages: [user(FIFTY_MB)] });
    expect(tokens).toBeGreaterThan(contextTokens);
    expect(isAtLeast).toBe(true);
    const system: ChatMessage = { role: "system", text: FIFTY_MB };
    expect(await fit([system, user("Hello!")])).toBeNull();
  });

  test("is out of view as an earlier one", async () => {
    const messages = [user(FIFTY_MB), assistant(FIFTY_MB), user("Hello!")];
    const fitted = await fit(messages);
    expect(fitted?.droppedMessages).toBe(2);
    expect(fitted?.tokens).toEqual(plainPrompt([user("Hello!")]));
  });
});

describe("a conversation of very many messages", () => {
  const many = Array.from({ length: 100_001 }, (_, i) =>
    i % 2 === 0 ? user(`Hello ${i}!`) : assistant("Hi there."),
  );

  test("is read from its last messages on, and says how many are out of view", async () => {
    const fitted = await fit(many);
    expect(fitted?.tokens.length).toBeLessThan(contextTokens);
    expect(fitted?.tokens.length).toBeGreaterThan(contextTokens / 2);
    expect(fitted?.tokens).toEqual(plainPrompt(many.slice(fitted?.droppedMessages)));
  });
});

test("RM1, RM2, RM4: blocks begin with user messages, and the last two are looked at", () => {
  const limits = { textLength: 100, blockLength: 200, mostMessages: Infinity };
  const long = (count: number) =>
    Array.from({ length: count }, (_, i) => (i % 2 === 0 ? user("x".repeat(1000)) : assistant("")));
  // A message of 1,000 characters weighs 132, an empty one 32: two exchanges are a block.
  expect([1, 4, 5, 8, 9, 12, 13].map((count) => skippedMessages(long(count), limits))).toEqual([
    0, 0, 0, 0, 4, 4, 8,
  ]);
  expect(skippedMessages([], limits)).toBe(0);
});

test("RM3: as a conversation grows, what is looked at begins elsewhere once in a block", () => {
  const limits = { textLength: 100, blockLength: 1000, mostMessages: Infinity };
  const many = Array.from({ length: 401 }, (_, i) =>
    i % 2 === 0 ? user("Hello!") : assistant("Hi."),
  );
  const begins = many.map((_, i) => skippedMessages(many.slice(0, i + 1), limits));
  const moves = begins.filter((begin, i) => i > 0 && begin !== begins[i - 1]);
  // A message weighs 32 and its text: 28 to a block.
  expect(moves.slice(0, 3)).toEqual([28, 56, 84]);
  expect(moves.length).toBe(Math.floor(400 / 28) - 1);
});

test("RM5: where only so many messages may be read, a block ends after half as many", () => {
  const limits = { textLength: 100, blockLength: Infinity, mostMessages: 8 };
  const many = Array.from({ length: 41 }, (_, i) => (i % 2 === 0 ? user("Hi") : assistant("Ho")));
  const begins = many.map((_, i) => skippedMessages(many.slice(0, i + 1), limits));
  expect([...new Set(begins)]).toEqual([0, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
  begins.forEach((begin, i) => expect(i + 1 - begin).toBeLessThanOrEqual(8));
});
