import { afterAll, beforeAll, expect, test } from "vitest";
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

/** GPU memory for some conversations of this test. */
const ROOM = 16 * 2 ** 20;

let store: StoreApi;
let engine: TestEngine;
let never: TestEngine;

beforeAll(async () => {
  await plantModel(1024);
  store = createStore();
  await store.clearKv();
  engine = await TestEngine.start(store, MODEL, GPU);
  never = await TestEngine.start(undefined, MODEL, GPU);
}, 60_000);

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

async function begin(id: string): Promise<ChatMessage[]> {
  const question = user(`${id}: what comes next? `.repeat(10));
  return [question, assistant(await engine.ask(id, [question]))];
}

async function expectRightAnswer(id: string, history: readonly ChatMessage[]) {
  const messages = [...history, user("and then?")];
  const actual = await engine.ask(id, messages);
  expect(actual.tokens).toEqual((await never.ask(id, messages)).tokens);
  return actual;
}

test("a conversation that was left is still there: nothing is loaded, nothing is computed", async () => {
  await engine.api.keepOnGpu(ROOM);
  const [one, other] = [await begin("one"), await begin("other")];
  for (const [id, history] of [
    ["one", one],
    ["other", other],
    ["one", one],
  ] as const) {
    const restored = await engine.open(id, history);
    expect(restored.loadedTokens).toBe(0);
    // The separator behind the last reply.
    expect(restored.recomputedTokens).toBeLessThan(8);
    expect(restored.reusedTokens).toBeGreaterThan(200);
  }
  await expectRightAnswer("other", other);
  const { prefilledTokens } = await expectRightAnswer("one", one);
  expect(prefilledTokens).toBeLessThan(64);
});

test("a message that is sent in one that was left needs no opening", async () => {
  await engine.api.keepOnGpu(ROOM);
  const history = await begin("sent");
  await begin("between");
  const { prefilledTokens } = await expectRightAnswer("sent", history);
  expect(prefilledTokens).toBeLessThan(64);
});

test("without room it is loaded again", async () => {
  await engine.api.keepOnGpu(0);
  const history = await begin("gone");
  await begin("between");
  const restored = await engine.open("gone", history);
  expect(restored.loadedTokens).toBeGreaterThan(200);
  await expectRightAnswer("gone", history);
});

test("one that is prefetched is there when it is opened, and so is the one that was left for it", async () => {
  await engine.api.keepOnGpu(ROOM);
  const [shown, wanted] = [await begin("shown"), await begin("wanted")];
  await engine.api.keepOnGpu(0);
  await engine.open("shown", shown);
  await engine.api.keepOnGpu(ROOM);
  const request = { conversationId: "wanted", messages: wanted, quality: "exact" } as const;
  const prefetched = unwrap(await engine.api.prefetch(request));
  expect(prefetched.loadedTokens).toBeGreaterThan(200);
  expect(await engine.open("wanted", wanted)).toMatchObject({ loadedTokens: 0 });
  const { prefilledTokens } = await expectRightAnswer("shown", shown);
  expect(prefilledTokens).toBeLessThan(64);
});

test("a prefetch goes on as an opening, and gives way to everything else", async () => {
  await engine.api.keepOnGpu(ROOM);
  const history = await begin("hovered");
  await begin("on screen");
  const request = { conversationId: "hovered", messages: history, quality: "exact" } as const;
  const first = engine.api.prefetch(request);
  const opened = engine.api.open(request);
  expect(unwrap(await opened)).toEqual(unwrap(await first));

  const asking = engine.ask("on screen", [user("is anybody there?")]);
  const late = await engine.api.prefetch(request);
  expect(late).toEqual({ ok: false, failure: { code: "cancelled" } });
  await asking;
});

test("nothing is prefetched where leaving would lose what is resident", async () => {
  await engine.api.keepOnGpu(0);
  const history = await begin("kept");
  const request = { conversationId: "another", messages: [user("hello")] };
  const prefetched = await engine.api.prefetch(request);
  expect(prefetched).toEqual({ ok: false, failure: { code: "cancelled" } });
  expect(await engine.open("kept", history)).toMatchObject({ loadedTokens: 0 });
});
