import { afterAll, beforeAll, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { assistant, removeModels, TestEngine, user } from "../testing/engine-testing.ts";
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

test("what is chatted teaches a basis, and a later visit has it", async () => {
  const engine = await TestEngine.start(store, PIP_Q4);
  const options = { quality: "balanced" as const, maxTokens: 4 };
  // In each, chunks of 900 to 1,000 tokens have left the recent window, and learning takes 2,000 tokens.
  for (const i of [0, 1, 2]) {
    await engine.ask(`stories ${i}`, chatOf(2 * i, 2), options);
    const detail = await engine.next("kv.compress", i);
    expect(detail.failure).toBeUndefined();
    expect(detail).toMatchObject({
      codec: expect.stringMatching(/^(int|f16)/) as string,
      untransformed: "no-basis",
    });
  }
  const { tokens, bytes, components } = await engine.next("kv.learn", 0);
  expect(tokens).toBeGreaterThanOrEqual(2000);
  expect(bytes).toBeLessThanOrEqual(0.08 * WEIGHT_BYTES);
  expect(components).toBeGreaterThanOrEqual(64);

  const reply = await engine.ask("later", chatOf(6, 1), options);
  const detail = await engine.next("kv.compress", 3);
  expect(detail).toMatchObject({ strategy: "transform", conversationId: "later" });
  expect(detail.untransformed).toBeUndefined();
  expect(detail.bytesBefore).toBeGreaterThan(6 * detail.bytesAfter);
  expect(detail.meanKl).toBeLessThanOrEqual(0.005);

  const history = [...chatOf(6, 1), assistant(reply)];
  const next = await TestEngine.start(store, PIP_Q4);
  const restored = await next.open("later", history, "balanced");
  expect(restored.recomputedTokens).toBeLessThan(4);
  expect(next.measured("kv.restore").at(-1)).toMatchObject({
    strategy: "transform",
    refusedChunks: 0,
  });
}, 480_000);
