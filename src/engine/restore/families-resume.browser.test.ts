import { afterAll, beforeAll, expect, test } from "vitest";
import { fixtureUrl } from "../../model/golden/golden-testing.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { assistant, removeModels, TestEngine, user } from "../testing/engine-testing.ts";

/** A chunk of one layer has at least as many bytes, so that each layer has a value of its own. */
const OPTIONS = { valueBytes: 16 * 1024 };

/** One model of each architecture: stretched RoPE, one key head of 96, biases, and norms of queries and keys. */
const MODELS = [
  "llama-gqa-llama3rope/mlc-q4f16_1",
  "mistral/mlc-q4f16_1",
  "qwen2/mlc-q4f16_1",
  "qwen3/mlc-q4f16_1",
];

const FIRST = user("What comes after the letter, and what after the word? ".repeat(16));
const QUESTION = user("And then?");

let store: StoreApi;

beforeAll(async () => {
  store = createStore();
  await store.clearKv();
});

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** Waits until so many tokens of an engine's conversations are stored. */
async function stored(engine: TestEngine, tokens: number): Promise<void> {
  const count = () => engine.measured("kv.persist").reduce((sum, { tokens }) => sum + tokens, 0);
  await expect.poll(count, { timeout: 20_000 }).toBeGreaterThanOrEqual(tokens);
}

test.each(MODELS)(
  "%s: the turn after a reload has the tokens of a conversation that was never left",
  async (name) => {
    const url = fixtureUrl(name);
    const uninterrupted = await TestEngine.start(store, url, OPTIONS);
    const first = await uninterrupted.ask(name, [FIRST]);
    const resident = first.promptTokens + first.generatedTokens;
    await stored(uninterrupted, resident);

    const reloaded = await TestEngine.start(store, url, OPTIONS);
    const history = [FIRST, assistant(first)];
    const turn = [...history, QUESTION];
    const resume = async (scheme: RestorationScheme) => {
      const request = { conversationId: name, messages: history, quality: "exact" as const };
      const restored = await reloaded.openBy(scheme, request);
      const answer = await reloaded.ask(name, turn, { quality: "exact" });
      // Only the new turn is prefilled.
      expect(restored.residentTokens).toBeGreaterThanOrEqual(resident);
      expect(answer.prefilledTokens).toBe(answer.promptTokens - restored.residentTokens);
      return { ...restored, tokens: answer.tokens };
    };
    const loaded = await resume("load");
    const expected = await uninterrupted.ask(name, turn);
    expect(expected.generatedTokens).toBeGreaterThan(4);
    expect(loaded.tokens).toEqual(expected.tokens);
    expect(loaded.loadedTokens).toBe(resident);

    // The first half of the rows is computed and the other loaded.
    await reloaded.open("elsewhere", [user("Something else")]);
    const split = await resume("split");
    expect(split.tokens).toEqual(expected.tokens);
    expect(split.loadedTokens).toBeGreaterThanOrEqual(128);
    expect(split.recomputedTokens).toBeGreaterThanOrEqual(128);
  },
  60_000,
);
