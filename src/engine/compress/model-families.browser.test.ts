import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { assistant, TestEngine, user } from "../testing/engine-testing.ts";

const FIXTURES = `${PROJECT_ORIGIN}/src/model/golden/fixtures/`;

/**
 * Reference models with random weights. What each has that the others have not: keys with a bias of up to 40, which are
 * coded without their position, and padding that holds the largest logit; norms of heads of 128; one KV head of 96.
 */
const MODELS = [
  { name: "qwen2", codec: /^int\d-unrope-/ },
  { name: "qwen3", codec: /^int\d-(hadamard-)?k-/ },
  { name: "mistral", codec: /^int\d-(hadamard-)?k-/ },
];

/** More than a chunk and a recent window, and less than two chunks, in each model's tokens. */
const TOLD = user(
  "The cat sat by the river and watched the boats go past, one after the other. ".repeat(5),
);
const OPTIONS = { quality: "balanced", maxTokens: 8 } as const;
/** Without leave to learn there is no basis, and nothing is judged. */
const IN_BITS = { learning: false, visible: true, writing: false };

let store: StoreApi;

beforeAll(async () => {
  store = createStore();
  await store.clearKv();
});

afterAll(async () => {
  await store.clearKv();
});

describe.each(MODELS)("a balanced conversation with $name", ({ name, codec }) => {
  test("is coded in bits that suit its keys, and goes on after a reload", async () => {
    const url = `${FIXTURES}${name}/mlc-q0f16/`;
    const engine = await TestEngine.start(store, url);
    await engine.api.setIdleTerms(IN_BITS);
    const history = [TOLD, assistant(await engine.ask(name, [TOLD], OPTIONS))];
    const detail = await engine.next("kv.safe", 0);
    expect(detail).toMatchObject({ conversationId: name, chunks: 1 });
    expect(detail.codec).toMatch(/^int8-/);
    expect(detail.codec).toMatch(codec);
    expect(detail.bytesAfter).toBeLessThan(0.6 * detail.bytesBefore);

    const resuming = await TestEngine.start(store, url);
    await resuming.api.setIdleTerms(IN_BITS);
    const opened = { conversationId: name, messages: history, quality: "balanced" } as const;
    const restored = await resuming.openBy("load", opened);
    expect(restored.loadedTokens).toBeGreaterThanOrEqual(128);
    const [loaded] = resuming.measured("kv.restore");
    expect(loaded).toMatchObject({ refusedChunks: 0 });
    expect(loaded?.codec).toContain(detail.codec);
    const question = [...history, user("And then?")];
    const expected = await engine.ask(name, question, OPTIONS);
    const actual = await resuming.ask(name, question, OPTIONS);
    expect(actual.prefilledTokens).toBe(actual.promptTokens - restored.residentTokens);
    expect(actual.tokens).toEqual(expected.tokens);
  }, 120_000);

  test("is coded in four bits where that is asked for", async () => {
    const engine = await TestEngine.start(store, `${FIXTURES}${name}/mlc-q0f16/`);
    await engine.api.forceForm("int4");
    const told = user(`${TOLD.text} Then it slept.`);
    await engine.ask(`${name}, int4`, [told], OPTIONS);
    const detail = await engine.next("kv.compress", 0);
    expect(detail.failure).toBeUndefined();
    expect(detail.codec).toMatch(/^int4-/);
    expect(detail.codec).toMatch(codec);
    expect(detail.bytesAfter).toBeLessThan(0.4 * detail.bytesBefore);
  }, 120_000);
});
