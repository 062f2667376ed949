import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import {
  assistant,
  plantModel,
  removeModels,
  TestEngine,
  user,
} from "../testing/engine-testing.ts";

const CONTEXT_TOKENS = 512;

let engine: TestEngine;

beforeAll(async () => {
  await plantModel(CONTEXT_TOKENS);
  engine = await TestEngine.start();
}, 60_000);
afterAll(removeModels);

/** A conversation that goes on until messages have been dropped twice, and what each turn said of it. */
async function overflow() {
  const history: ChatMessage[] = [];
  const turns = [];
  for (let turn = 0; turn < 16; turn++) {
    const messages = [...history, user(`${turn}. and what of the next thing, then?`)];
    const summary = await engine.ask("long", messages);
    turns.push(summary);
    history.push(...messages.slice(-1), assistant(summary));
  }
  return { history, turns };
}

test("a conversation longer than the window goes on, and says what is out of view", async () => {
  const { history, turns } = await overflow();
  const dropped = turns.map(({ context }) => context.droppedMessages);
  expect(dropped[0]).toBe(0);
  expect(new Set(dropped).size).toBeGreaterThanOrEqual(3);
  expect(dropped).toEqual(dropped.toSorted((a, b) => a - b));
  // Whole exchanges: a question and its answer.
  expect(dropped.every((messages) => messages % 2 === 0)).toBe(true);
  for (const { promptTokens, context } of turns) {
    expect(promptTokens).toBeLessThan(CONTEXT_TOKENS);
    expect(context.approximate).toBe(context.droppedMessages > 0);
  }
  // What is kept is not run again, not even when the cut moves.
  expect(turns.slice(1).every(({ prefilledTokens }) => prefilledTokens < 100)).toBe(true);

  const question = user("and now?");
  const exact = await engine.ask("long", [...history, question], { exactContext: true });
  expect(exact.context).toEqual({ droppedMessages: dropped.at(-1), approximate: false });
  const fresh = await TestEngine.start();
  const same = await fresh.ask("long", [...history, question]);
  expect(same.text).toBe(exact.text);
  expect(same.context).toEqual(exact.context);
}, 60_000);

test("a single message longer than the window is refused", async () => {
  const tooLong = user("far too long ".repeat(60));
  const request = { runId: "r", conversationId: "c", messages: [tooLong] };
  const result = await engine.api.generate(request, () => undefined);
  expect(result).toMatchObject({
    ok: false,
    failure: { code: "prompt-too-long", contextTokens: CONTEXT_TOKENS },
  });
});
