import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import {
  assistant,
  GPU,
  MODEL,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

let store: StoreApi;

beforeAll(async () => {
  await plantModel(2048);
  store = createStore();
  await store.clearKv();
});

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** Questions that come to about `tokens` tokens with their answers. The model's tokens are bytes. */
function questions(seed: number, tokens: number): string[] {
  const turns = 2 + (seed % 3);
  const length = Math.floor(tokens / turns) - 60;
  return Array.from({ length: turns }, (_, turn) =>
    `${seed}.${turn} what comes next? `
      .repeat(Math.max(1, Math.ceil(length / 20)))
      .slice(0, Math.max(8, length)),
  );
}

describe("a conversation that is left and opened again", () => {
  let uninterrupted: TestEngine;
  let resuming: TestEngine;

  beforeAll(async () => {
    uninterrupted = await TestEngine.start(undefined, MODEL, GPU);
    resuming = await TestEngine.start(store, MODEL, GPU);
  }, 60_000);

  // 20 conversations of 100 to 1,500 tokens. Most are short, because long ones differ in nothing but more of the same.
  const cases = Array.from({ length: 20 }, (_, i) => ({
    seed: i,
    tokens: 100 + Math.round(1400 * (i / 19) ** 2),
  }));

  test.each(cases)(
    "conversation $seed, $tokens tokens: the same tokens as one that was never left",
    async ({ seed, tokens }) => {
      const id = `resumed ${seed}`;
      const history: ChatMessage[] = [];
      let resident = 0;
      for (const question of questions(seed, tokens)) {
        // The engine turns to something else, so that nothing of this one is left in its cache.
        await resuming.open("other", [user("something else")]);
        const restored = await resuming.open(id, history);
        // The other conversation begins with the same template tokens.
        expect(restored.reusedTokens + restored.loadedTokens).toBe(resident);
        expect(restored.reusedTokens).toBeLessThan(10);

        const messages = [...history, user(question)];
        const expected = await uninterrupted.ask(id, messages);
        const actual = await resuming.ask(id, messages);
        expect(actual.text).toBe(expected.text);
        expect(actual.tokens).toEqual(expected.tokens);
        // Opening ran the separator after the last reply; the turn itself runs only its own tokens.
        expect(actual.prefilledTokens).toBe(actual.promptTokens - restored.residentTokens);
        expect(actual.prefilledTokens + restored.recomputedTokens).toBeLessThanOrEqual(
          question.length + 64,
        );
        history.push(user(question), assistant(actual));
        resident = actual.promptTokens + actual.generatedTokens;
      }
    },
    60_000,
  );

  test("a new engine finds what another stored", async () => {
    const question = user(questions(77, 300)[0] ?? "");
    const first = await resuming.ask("reloaded", [question]);
    await resuming.open("other", [user("something else")]);
    const expected = await uninterrupted.ask("reloaded", [question]);
    expect(first.text).toBe(expected.text);

    const reloaded = await TestEngine.start(store, MODEL, GPU);
    const history = [question, assistant(first)];
    const restored = await reloaded.open("reloaded", history);
    expect(restored).toMatchObject({
      reusedTokens: 0,
      loadedTokens: first.promptTokens + first.generatedTokens,
    });
    const next = await reloaded.ask("reloaded", [...history, user("and then?")]);
    const same = await uninterrupted.ask("reloaded", [...history, user("and then?")]);
    expect(next.text).toBe(same.text);
    expect(next.prefilledTokens).toBe(next.promptTokens - restored.residentTokens);
  }, 60_000);

  test("a message that is sent before its conversation was opened finds what is stored", async () => {
    const question = user(questions(80, 400)[0] ?? "");
    const first = await resuming.ask("unopened", [question]);
    await resuming.open("other", [user("something else")]);
    const history = [question, assistant(first)];
    const reloaded = await TestEngine.start(store, MODEL, GPU);
    const next = await reloaded.ask("unopened", [...history, user("and then?")]);
    const [restored] = reloaded.measured("kv.restore");
    expect(restored?.loadedTokens).toBe(first.promptTokens + first.generatedTokens);
    expect(next.prefilledTokens).toBeLessThan(64);
    const same = await uninterrupted.ask("unopened", [...history, user("and then?")]);
    expect(next.text).toBe(same.text);
  }, 60_000);

  test("a branch and another conversation with the same beginning store it once", async () => {
    const beginning = user("the same long beginning, ".repeat(12));
    const reply = await resuming.ask("branch a", [beginning]);
    await resuming.open("other", [user("something else")]);
    const before = unwrap(await store.usage()).kvBytes;

    const opened = await resuming.open("branch b", [beginning]);
    // The full chunks are there; the first conversation's last, partial one holds its reply too.
    expect(opened.loadedTokens).toBeGreaterThanOrEqual(240);
    const other = await resuming.ask("branch b", [beginning]);
    expect(other.text).toBe(reply.text);
    await resuming.open("other", [user("something else")]);
    expect(unwrap(await store.usage()).kvBytes).toBe(before);
  });

  test("a turn does not wait for a restoration, and takes what it has loaded", async () => {
    const question = user(questions(78, 900)[0] ?? "");
    const first = await resuming.ask("hurried", [question]);
    await resuming.open("other", [user("something else")]);
    const history = [question, assistant(first)];
    const opening = resuming.api.open({ conversationId: "hurried", messages: history });
    const next = await resuming.ask("hurried", [...history, user("go on")]);
    const restored = unwrap(await opening);
    expect(restored.reusedTokens + restored.loadedTokens).toBe(
      first.promptTokens + first.generatedTokens,
    );
    expect(next.prefilledTokens).toBe(next.promptTokens - restored.residentTokens);
    const expected = await uninterrupted.ask("hurried", [...history, user("go on")]);
    expect(next.text).toBe(expected.text);
  });

  test("when caches are cleared, the conversation is prefilled and answers the same", async () => {
    const question = user(questions(79, 500)[0] ?? "");
    const first = await resuming.ask("cleared", [question]);
    await resuming.open("other", [user("something else")]);
    unwrap(await store.clearKv());
    const history = [question, assistant(first)];
    const restored = await resuming.open("cleared", history);
    expect(restored).toMatchObject({ loadedTokens: 0 });
    expect(restored.recomputedTokens + restored.reusedTokens).toBe(restored.residentTokens);
    const next = await resuming.ask("cleared", [...history, user("go on")]);
    const expected = await uninterrupted.ask("cleared", [...history, user("go on")]);
    expect(next.text).toBe(expected.text);
  });

  test("what was stored is told, and failures were none", () => {
    const persisted = resuming.measured("kv.persist");
    expect(persisted.length).toBeGreaterThan(20);
    expect(persisted.every(({ failure }) => failure === undefined)).toBe(true);
  });
});
