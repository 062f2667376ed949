import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { assistant, removeModels, TestEngine, unwrap, user } from "../testing/engine-testing.ts";
import { STORY_CONVERSATIONS } from "../testing/recall-testing.ts";

/** A model that comes without a basis. */
const PIP_Q4 = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q4f16_1/`;
const WEIGHT_BYTES = 2_636_160;

let store: StoreApi;

beforeAll(async () => {
  store = createStore();
  await store.clearKv();
});

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** `count` tellings of stories, from the `first` on, and a question. */
function chatOf(first: number, count: number): ChatMessage[] {
  const stories = STORY_CONVERSATIONS.slice(first, first + count);
  return [...stories.flatMap(({ messages }) => messages), user("Tell me one more.")];
}

test("a first chat gives a basis, further ones a better, and a later visit reads what either coded", async () => {
  const engine = await TestEngine.start(store, PIP_Q4);
  const options = { quality: "balanced" as const, maxTokens: 4 };
  const first = await engine.ask("stories 0", chatOf(0, 2), options);
  const begun = await engine.next("kv.learn", 0);
  expect(begun.tokens).toBeGreaterThanOrEqual(124);
  expect(begun.bytes).toBeLessThanOrEqual(0.15 * WEIGHT_BYTES);
  const coded = await engine.next("kv.compress", 0);
  expect(coded).toMatchObject({ strategy: "transform", conversationId: "stories 0" });
  expect(coded.untransformed).toBeUndefined();
  expect(coded.bytesBefore).toBeGreaterThan(4 * coded.bytesAfter);
  expect(coded.meanKl).toBeLessThanOrEqual(0.005);

  // In each, chunks of 900 to 1,000 tokens have left the recent window.
  await engine.ask("stories 1", chatOf(2, 2), options);
  const learned = await engine.next("kv.learn", 1);
  expect(learned.tokens).toBeGreaterThanOrEqual(1500);
  await engine.ask("later", chatOf(6, 1), options);
  expect(await engine.next("kv.compress", 2)).toMatchObject({ strategy: "transform" });

  const history = [...chatOf(0, 2), assistant(first)];
  const next = await TestEngine.start(store, PIP_Q4);
  const restored = await next.open("stories 0", history, "balanced");
  expect(restored.recomputedTokens).toBeLessThan(4);
  expect(next.measured("kv.restore").at(-1)).toMatchObject({
    strategy: "transform",
    refusedChunks: 0,
  });

  unwrap(await store.clearKv());
  await next.ask("cleared", chatOf(6, 2), options);
  expect(await next.next("kv.learn", 0)).toMatchObject({ tokens: expect.any(Number) as number });
  const { tokens } = await next.next("kv.learn", 0);
  expect(tokens).toBeLessThan(1500);
}, 480_000);
