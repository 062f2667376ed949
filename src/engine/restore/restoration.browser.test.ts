import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../../model/testing.ts";
import type { ChatMessage, TurnSummary } from "../../protocol/engine-api.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import {
  assistant,
  GPU,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;

/** A store that is somewhat slower than a software adapter computes Pip's rows. A chunk is 393 kB. */
const SLOW = { bytesPerMs: 800, latencyMs: 20 };

let store: StoreApi;
let slowStore: StoreApi;
/** Engines that have only what is stored. The second one reads slowly. */
let resuming: TestEngine;
let hampered: TestEngine;

let history: ChatMessage[];
const QUESTION = user("What is my name?");
/** Answers of an engine that has computed all of it. */
let expected: TurnSummary;
/** How many tokens its full chunks have. The last, partial chunk is stored with each answer that is tried. */
let stored: number;

const elsewhere = [user("Hello!")];

beforeAll(async () => {
  store = createStore();
  slowStore = createStore();
  unwrap(await slowStore.throttleReads(SLOW));
  await store.clearKv();
  const engine = await TestEngine.start(store, PIP, GPU);
  const friends = Array.from({ length: 52 }, (_, i) => `Friend ${i + 1} lives in a town.`);
  const told = [user(`Hi, my name is Bella. ${friends.join(" ")}`)];
  const reply = await engine.ask("long", told);
  history = [...told, assistant(reply)];
  stored = Math.floor((reply.promptTokens + reply.generatedTokens) / 128) * 128;
  // This also waits for what is being saved.
  await engine.open("elsewhere", elsewhere);
  const never = await TestEngine.start(undefined, PIP, GPU);
  expected = await never.ask("never saved", [...history, QUESTION], { maxTokens: 24 });
  resuming = await TestEngine.start(store, PIP, GPU);
  hampered = await TestEngine.start(slowStore, PIP, GPU);
}, 120_000);

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

async function restoreWith(engine: TestEngine, scheme: RestorationScheme) {
  await engine.open("elsewhere", elsewhere);
  const known = engine.measured("kv.restore").length;
  await engine.openBy(scheme, { conversationId: "long", messages: history });
  return engine.next("kv.restore", known);
}

async function expectRightAnswer(engine: TestEngine): Promise<void> {
  const actual = await engine.ask("long", [...history, QUESTION], { maxTokens: 24 });
  expect(actual.tokens).toEqual(expected.tokens);
}

describe("each scheme brings back the same rows", () => {
  test("the conversation is long enough to be restored in parts", () => {
    expect(stored).toBeGreaterThanOrEqual(4 * 128);
  });

  test("load: nothing is computed but what was never stored", async () => {
    const detail = await restoreWith(resuming, "load");
    expect(detail.loadedTokens + detail.reusedTokens).toBeGreaterThanOrEqual(stored);
    expect(detail.recomputedTokens).toBeLessThan(128);
    await expectRightAnswer(resuming);
  });

  test("recompute: nothing is loaded", async () => {
    const detail = await restoreWith(resuming, "recompute");
    expect(detail.loadedTokens).toBe(0);
    expect(detail.recomputedTokens + detail.reusedTokens).toBe(detail.tokens);
    await expectRightAnswer(resuming);
  }, 60_000);

  test("cake: from both ends, until they meet", async () => {
    const detail = await restoreWith(hampered, "cake");
    expect(detail.recomputedTokens).toBeGreaterThan(100);
    expect(detail.loadedTokens).toBeGreaterThan(100);
    expect(detail.loadedTokens + detail.recomputedTokens + detail.reusedTokens).toBe(detail.tokens);
    expect(detail.bubbleRatio).toBeLessThan(1);
    await expectRightAnswer(hampered);
  }, 60_000);
});

describe("auto", () => {
  test("loads all from a fast store", async () => {
    const detail = await restoreWith(resuming, "auto");
    expect(detail.loadedTokens + detail.reusedTokens).toBeGreaterThanOrEqual(stored);
    await expectRightAnswer(resuming);
  });

  test("computes along when the store is slow, whatever it was thought to be", async () => {
    const detail = await restoreWith(hampered, "auto");
    expect(detail.recomputedTokens).toBeGreaterThan(100);
    expect(detail.loadedTokens).toBeGreaterThan(100);
    expect(detail.predictedMs).toBeGreaterThan(0);
    await expectRightAnswer(hampered);
  }, 60_000);

  // 0 to 2 s into a restoration that takes about as long.
  test.each(Array.from({ length: 3 }, (_, i) => i * 701))(
    "a message that is sent %i ms after opening gets the right answer",
    async (delayMs) => {
      await hampered.open("elsewhere", elsewhere);
      const opening = hampered.api.open({ conversationId: "long", messages: history });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await expectRightAnswer(hampered);
      await opening;
    },
    60_000,
  );

  test.each(Array.from({ length: 2 }, (_, i) => 50 + i * 901))(
    "another conversation that is opened %i ms after it, and this one again, are right",
    async (delayMs) => {
      await hampered.open("elsewhere", elsewhere);
      const opening = hampered.api.open({ conversationId: "long", messages: history });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const other = await hampered.open("elsewhere", elsewhere);
      expect(other.residentTokens).toBeLessThan(20);
      await opening;
      await hampered.open("long", history);
      await expectRightAnswer(hampered);
    },
    60_000,
  );
});

test("a turn that waits does not wait for what is read beside what was computed", async () => {
  // The rows that were never stored are left to the turn, while the store still reads the others.
  await hampered.open("elsewhere", elsewhere);
  const known = hampered.measured("kv.restore").length;
  const opening = hampered.openBy("cake", { conversationId: "long", messages: history });
  await expectRightAnswer(hampered);
  await opening;
  const { timeline } = await hampered.next("kv.restore", known);
  const computed = timeline.filter(({ work }) => work === "recompute");
  const lastMs = Math.max(...computed.map(({ endMs }) => endMs));
  // Only the read that is under way then still comes.
  expect(timeline.filter(({ work, startMs }) => work === "read" && startMs > lastMs)).toHaveLength(
    0,
  );
}, 60_000);
