import { expect, test, vi } from "vitest";
import { fetchProjectFile, PROJECT_ORIGIN } from "../../model/testing.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { createStore } from "../../store/create-store.ts";
import { TestEngine, user } from "../testing/engine-testing.ts";
import { STORY_CONVERSATIONS } from "../testing/recall-testing.ts";

/** A model that comes without a basis. */
const PIP_Q4 = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q4f16_1/`;
const WEIGHT_BYTES = 2_636_160;

/** Runs on the processor, so that it takes no browser. */
const DEVICE = { device: "processor" } as const;

/** `count` tellings of stories, from the `first` on, and a question. */
function chatOf(first: number, count: number): ChatMessage[] {
  const stories = STORY_CONVERSATIONS.slice(first, first + count);
  return [...stories.flatMap(({ messages }) => messages), user("Tell me one more.")];
}

test("a first chat gives a basis, and is coded with it", async () => {
  vi.stubGlobal("fetch", fetchProjectFile);
  const engine = await TestEngine.start(createStore(), PIP_Q4, DEVICE);
  // On a processor rows in bits come back sooner, and no basis is learned.
  await engine.api.forceForm("fewest-bytes");
  await engine.ask("first", chatOf(0, 2), { quality: "balanced", maxTokens: 4 });
  const { tokens, bytes } = await engine.next("kv.learn", 0);
  expect(tokens).toBeGreaterThanOrEqual(124);
  expect(tokens).toBeLessThan(1500);
  expect(bytes).toBeLessThanOrEqual(0.15 * WEIGHT_BYTES);
  const coded = await engine.next("kv.compress", 0);
  expect(coded).toMatchObject({ strategy: "transform", conversationId: "first" });
  expect(coded.bytesBefore).toBeGreaterThan(6 * coded.bytesAfter);
  expect(coded.meanKl).toBeLessThanOrEqual(0.005);
}, 300_000);
