import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { promptTokens, renderPrompt } from "../../tokenizer/chat-template.ts";
import { createPromptWriter } from "../../tokenizer/jinja/jinja-writer.ts";
import { rendererInThread } from "../../tokenizer/jinja/renderer-in-thread.ts";
import { tinyModel } from "../../tokenizer/jinja/testing.ts";
import { commonPrefix } from "../sequence/common-prefix.ts";
import { rowsToMove } from "./context-window.ts";
import { fitConversation, promptLength, type ReadingModel } from "./read-conversation.ts";

const CONTEXT_TOKENS = 160;

async function readingModel(name: string) {
  const { tokenizer, template } = await tinyModel(name);
  const parts = { tokenizer, renderer: rendererInThread };
  const { writer: prompts } = await createPromptWriter(template, parts);
  const info = { contextTokens: CONTEXT_TOKENS };
  const config = { activeVocab: 10_000, eosTokenIds: [] };
  return { template, model: { prompts, tokenizer, config, info } as unknown as ReadingModel };
}

const user = (text: string): ChatMessage => ({ role: "user", text });
const assistant = (text: string): ChatMessage => ({ role: "assistant", text });

const NAMES = ["llama-gqa-llama3rope", "mistral", "qwen2", "qwen3"];
const MODELS = await Promise.all(
  NAMES.map(async (name) => ({ name, ...(await readingModel(name)) })),
);

describe.each(MODELS)("a conversation by the template of $name", ({ model }) => {
  const words = fc.string({ minLength: 1, maxLength: 30 });
  const exchanges = fc.array(fc.tuple(words, words), { minLength: 1, maxLength: 12 });

  test("is cut so that it fits, and what is kept is written as a conversation of its own", async () => {
    await fc.assert(
      fc.asyncProperty(exchanges, async (pairs) => {
        const talk = [
          ...pairs.flatMap(([asked, said]) => [user(asked), assistant(said)]),
          user("?"),
        ];
        const fitted = await fitConversation(model, { messages: talk });
        if (!fitted) throw new Error("the conversation does not fit");
        expect(fitted.tokens.length).toBeLessThan(CONTEXT_TOKENS);
        const kept = talk.slice(fitted.droppedMessages);
        expect(kept[0]?.role).toBe("user");
        const alone = promptTokens(await model.prompts.write(kept, 0));
        expect(fitted.tokens).toEqual(alone);
      }),
      { numRuns: 30 },
    );
  });

  test("moves the rows of what is kept when it is cut", async () => {
    const talk: ChatMessage[] = [];
    let resident: number[] = [];
    let moves = 0;
    for (let turn = 0; turn < 12; turn++) {
      talk.push(user(`Question ${turn}, if I may?`));
      const fitted = await fitConversation(model, { messages: talk });
      if (!fitted) throw new Error("the conversation does not fit");
      const move = rowsToMove(resident, fitted);
      if (move) {
        const { from, to, tokens } = move;
        expect(resident.slice(from, from + tokens)).toEqual(fitted.tokens.slice(to, to + tokens));
        moves++;
      } else if (fitted.before.shift === 0)
        expect(commonPrefix(resident, fitted.tokens)).toBe(resident.length);
      talk.push(assistant(`Answer ${turn}.`));
      const after = await fitConversation(model, { messages: talk });
      resident = after ? [after.parts.system, ...after.parts.turns].flat() : [];
    }
    expect(moves).toBeGreaterThan(0);
  });

  test("goes on from its history when a reply is asked for again, or a message is edited", async () => {
    const talk = [user("Hi"), assistant("Ho"), user("And?"), assistant("So.")];
    const fit = async (messages: ChatMessage[]) =>
      (await fitConversation(model, { messages }))?.tokens ?? [];
    const first = await fit(talk.slice(0, 3));
    expect(await fit(talk.slice(0, 3))).toEqual(first);
    const edited = await fit([...talk.slice(0, 2), user("Or?")]);
    const history = await fitConversation(model, { messages: talk.slice(0, 2) });
    const shared = [history?.parts.system ?? [], ...(history?.parts.turns ?? [])].flat();
    expect(commonPrefix(first, edited)).toBeGreaterThanOrEqual(shared.length);
  });

  test("that is too long says how long it is", async () => {
    const messages = [user("word ".repeat(1000))];
    expect(await fitConversation(model, { messages })).toBeNull();
    expect((await promptLength(model, { messages })).tokens).toBeGreaterThan(CONTEXT_TOKENS);
  });
});

test("of very many messages only the last ones are given to a template", async () => {
  const { model } = await readingModel("qwen2");
  const many = Array.from({ length: 5001 }, (_, i) => (i % 2 === 0 ? user("Hi") : assistant("Ho")));
  const counts: number[] = [];
  const prompts = { ...model.prompts };
  prompts.write = (messages, atMs) => {
    counts.push(messages.length);
    return model.prompts.write(messages, atMs);
  };
  const fitted = await fitConversation({ ...model, prompts }, { messages: many });
  expect(fitted?.tokens.length).toBeGreaterThan(CONTEXT_TOKENS / 2);
  expect(Math.max(...counts)).toBeLessThanOrEqual(model.prompts.mostMessages + 2);
});

test("a time that is none is no date, and no error", async () => {
  const { model, template } = await readingModel("llama-untied-h80");
  const messages = [user("Hi")];
  const plain = await fitConversation(model, { messages });
  for (const begunAtMs of [NaN, Infinity, -1e300, 1.5, "x" as unknown as number])
    expect((await fitConversation(model, { messages, begunAtMs }))?.tokens).toEqual(plain?.tokens);
  expect(plain?.tokens).toEqual(
    promptTokens(
      renderPrompt(
        { ...template.family, defaultSystemMessage: "You are a helpful assistant." },
        model.tokenizer,
        messages,
      ),
    ),
  );
});
