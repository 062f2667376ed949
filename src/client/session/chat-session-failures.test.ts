import { afterEach, expect, test, vi } from "vitest";
import { fail, ok, type EngineFailure } from "../../protocol/errors.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createChatTab } from "./chat-tab.ts";
import { openTabChannel } from "../tabs/tab-channel.ts";
import { askSession, HI, openSession } from "./testing-session.ts";
import { random } from "./testing-random.ts";
import { summary } from "../testing-engine.ts";

const QUOTA: EngineFailure = { code: "quota-exceeded" };
const LOST: EngineFailure = { code: "device-lost", message: "" };
const DIED: EngineFailure = { code: "worker-died", worker: "store", message: "oom" };

afterEach(() => void vi.useRealTimers());

test("a failure keeps what was said, and the turn can be given again", async () => {
  const { engine, session, state, messages } = await askSession();
  engine.say("Hel");
  engine.fail(LOST);
  await session.settled();
  const [question, failed] = messages();
  expect(failed).toMatchObject({ text: "Hel", status: "failed" });
  expect(state()).toMatchObject({
    phase: "failed",
    failure: LOST,
    reply: { messageId: failed?.id, text: "Hel" },
  });

  const asked = engine.asked();
  expect(await session.regenerate({ conversationId: "c", messageId: failed?.id ?? "" })).toEqual(
    ok(undefined),
  );
  await asked;
  expect(engine.requests[1]?.messages).toEqual([{ role: "user", text: "Hi" }]);
  expect(state()).toMatchObject({ phase: "answering", reply: { parentId: question?.id } });
  engine.say("Hello");
  engine.finish();
  await session.settled();
  expect(messages().slice(1)).toMatchObject([
    { text: "Hel", status: "failed", parentId: question?.id },
    { text: "Hello", status: "complete", parentId: question?.id },
  ]);
});

const failOn =
  (call: keyof StoreApi, failure: EngineFailure, times = Infinity) =>
  (called: keyof StoreApi) =>
    called === call && times-- > 0 ? failure : undefined;

test("a question that cannot be stored is said so, and the engine is not asked", async () => {
  const { engine, store, session, state, messages } = openSession();
  store.failing = failOn("appendMessage", QUOTA);
  expect(await session.send(HI)).toEqual(fail(QUOTA));
  await session.settled();
  expect(state()).toMatchObject({ phase: "failed", failure: QUOTA });
  expect(engine.requests).toEqual([]);
  expect(messages()).toEqual([]);
  session.dismiss("c");
  expect(state()).toEqual({ phase: "idle" });
});

test("a reply that cannot be stored in the end is still in the state", async () => {
  const { engine, store, session, state } = await askSession();
  store.failing = failOn("updateMessage", QUOTA);
  engine.say("Hello");
  engine.finish();
  await session.settled();
  expect(state()).toMatchObject({ phase: "failed", failure: QUOTA, reply: { text: "Hello" } });
});

test("a store worker that dies under the last write is asked once more", async () => {
  const { engine, store, session, state, messages } = await askSession();
  store.failing = failOn("updateMessage", DIED, 1);
  engine.say("Hello");
  engine.finish();
  await session.settled();
  expect(state()).toEqual({ phase: "idle" });
  expect(messages()[1]).toMatchObject({ text: "Hello", status: "complete" });
});

test("a failed write while the reply streams is made good by the next", async () => {
  vi.useFakeTimers();
  const { engine, store, session, state, messages } = await askSession();
  store.failing = failOn("updateMessage", QUOTA, 1);
  engine.say("Hel");
  await vi.advanceTimersByTimeAsync(600);
  expect(messages()[1]).toMatchObject({ text: "" });
  engine.say("lo");
  await vi.advanceTimersByTimeAsync(600);
  expect(messages()[1]).toMatchObject({ text: "Hello" });
  engine.finish();
  await session.settled();
  expect(state()).toEqual({ phase: "idle" });
});

test("a bug does not leave the page busy", async () => {
  const { engine, session, state } = openSession();
  engine.generate = () => Promise.reject(new TypeError("oops"));
  await session.send(HI);
  await expect(session.settled()).rejects.toThrow("oops");
  expect(state()).toEqual({ phase: "idle" });
  expect(session.answeringIn()).toBeUndefined();
});

for (let seed = 1; seed <= 40; seed++)
  test(`whatever fails, nothing said or answered is lost (seed ${seed})`, async () => {
    const chance = random(seed);
    const { engine, store, session, state, messages } = openSession();
    store.failing = () => (chance() < 0.2 ? (chance() < 0.5 ? QUOTA : DIED) : undefined);
    let said = "";
    engine.generate = async (_request, onDelta) => {
      said = "";
      for (let n = 0; n < 5; n++) {
        if (chance() < 0.1) return fail(LOST);
        said += "x";
        await onDelta({ text: "x" });
      }
      return ok(summary(said));
    };

    let parentId: string | null = null;
    for (let turn = 0; turn < 10; turn++) {
      said = "";
      const before = messages();
      const sent = await session.send({ conversationId: "c", parentId, text: `q${turn}` });
      await session.settled();
      const added = messages().slice(before.length);
      const end = state();

      // Messages of earlier turns are unchanged.
      expect(messages().slice(0, before.length)).toEqual(before);
      // The caller was told either that the question is stored, which is true, or why it is not.
      expect(added.some(({ text }) => text === `q${turn}`)).toBe(sent.ok);
      if (!sent.ok) expect(end).toMatchObject({ phase: "failed", failure: sent.failure });
      // Idle means that the whole reply is stored. Otherwise the state holds the reason and the text so far.
      const reply = added.find(({ role }) => role === "assistant");
      if (end.phase === "idle") expect(reply).toMatchObject({ text: "xxxxx", status: "complete" });
      else expect(end).toMatchObject({ phase: "failed", reply: { text: said } });
      if (end.phase === "failed" && reply?.status === "failed")
        expect(end.reply.text).toBe(reply.text);
      parentId = messages().at(-1)?.id ?? null;
    }
  });

test("a page that is to give way begins no turn, and loses nothing by it", async () => {
  const { engine, store } = openSession();
  const outdated: EngineFailure = { code: "outdated" };
  const refusals: EngineFailure[] = [];
  const { session } = createChatTab({
    engine,
    store,
    channel: openTabChannel(() => undefined),
    locks: undefined,
    refusal: () => refusals[0],
    refresh: () => Promise.resolve(),
  });
  const asked = engine.asked();
  await session.send(HI);
  await asked;
  refusals.push(outdated);
  engine.say("whole");
  engine.finish();
  await session.settled();
  expect([...store.stored.values()].at(-1)).toMatchObject({ text: "whole", status: "complete" });
  expect(await session.send(HI)).toEqual(fail(outdated));
  expect(await session.regenerate({ conversationId: "c", messageId: "m" })).toEqual(fail(outdated));
  expect(store.stored.size).toBe(2);
  expect(session.stateOf("c")).toEqual({ phase: "idle" });
});
