import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stubLocalStorage } from "./testing-storage.ts";
import { askSession, HI, openSession } from "./testing-session.ts";
import { temporaryId } from "../../protocol/temporary-conversation.ts";
import { keepQueuedFiles } from "./queued-files.ts";
import { SendQueue } from "./send-queue.ts";

beforeEach(() => void stubLocalStorage());
afterEach(() => void vi.unstubAllGlobals());

const queued = (text: string, conversationId = "c") => ({ conversationId, text });
const textsOf = (queue: SendQueue, id = "c") => queue.of(id).map(({ text }) => text);
const asked = (engine: { requests: readonly { messages: readonly { text: string }[] }[] }) =>
  engine.requests.map(({ messages }) => messages.at(-1)?.text);

test("SQ1: what is queued is sent when the answer has ended, one by one, oldest first", async () => {
  const { engine, session, store, queue } = await askSession();
  expect(queue.add(queued("two"))).toBe(true);
  expect(queue.add(queued("three"))).toBe(true);
  expect(textsOf(queue)).toEqual(["two", "three"]);
  let next = engine.asked();
  engine.say("1");
  engine.finish();
  await next;
  await vi.waitFor(() => expect(textsOf(queue)).toEqual(["three"]));
  next = engine.asked();
  engine.finish();
  await next;
  expect(asked(engine)).toEqual(["Hi", "two", "three"]);
  await vi.waitFor(() => expect(textsOf(queue)).toEqual([]));
  engine.finish();
  await session.settled();
  // Each follows the answer to the one before.
  const roles = [...store.stored.values()].map(({ role }) => role);
  expect(roles).toEqual(["user", "assistant", "user", "assistant", "user", "assistant"]);
});

test("SQ1: one in another conversation waits for the model, too", async () => {
  const { engine, queue } = await askSession();
  queue.add(queued("there", "other"));
  const next = engine.asked();
  engine.finish();
  await next;
  expect(engine.requests.at(-1)).toMatchObject({ conversationId: "other" });
});

test("SQ1: where the model is free, it is sent at once", async () => {
  const { engine, queue } = openSession();
  const next = engine.asked();
  queue.add(queued("now"));
  await next;
  expect(asked(engine)).toEqual(["now"]);
});

test.each(["stopped", "failed"] as const)(
  "SQ2: after an answer that was %s it waits for the person",
  async (how) => {
    const { engine, session, queue } = await askSession();
    queue.add(queued("two"));
    if (how === "stopped") await session.stop();
    else engine.fail({ code: "device-lost", message: "" });
    await session.settled();
    expect(queue.of("c")).toMatchObject([{ text: "two", isHeld: true }]);
    const next = engine.asked();
    queue.release({ conversationId: "c" });
    await next;
    expect(asked(engine)).toEqual(["Hi", "two"]);
  },
);

test("SQ3: it is kept across a reload, and then waits for the person", async () => {
  const { session, store, queue } = await askSession();
  queue.add(queued("two"));
  const reloaded = new SendQueue({ session, store });
  expect(reloaded.of("c")).toMatchObject([{ text: "two", isHeld: true }]);
  expect(reloaded.takeOrphans(new Set(["c"]))).toEqual([]);
  expect(reloaded.takeOrphans(new Set())).toMatchObject([{ text: "two" }]);
  expect(new SendQueue({ session, store }).of("c")).toEqual([]);
});

test("SQ3 and SQ4: a message keeps its files, and is never sent without them", async () => {
  const { engine, session, store, queue } = await askSession();
  const attachments = [{ name: "a.txt", text: "One" }];
  const id = temporaryId("t");
  const files = await keepQueuedFiles(id, attachments);
  expect(files?.names).toEqual(["a.txt"]);
  queue.add({ conversationId: id, text: "", files });
  queue.add({ ...queued("two"), files: { key: "gone", names: ["b.txt"] } });
  const next = engine.asked();
  engine.finish();
  await next;
  const sent = [...store.stored.values()].find((one) => one.conversationId === id);
  expect(sent).toMatchObject({ text: "", attachments });
  await vi.waitFor(() => expect(queue.of(id)).toEqual([]));
  engine.finish();
  await session.settled();
  await vi.waitFor(() => expect(queue.of("c")).toMatchObject([{ text: "two", isHeld: true }]));
  const reloaded = new SendQueue({ session, store });
  expect(reloaded.of("c")).toMatchObject([{ text: "two", files: { names: ["b.txt"] } }]);
});

test("SQ3: what is kept may be anything", () => {
  const items = stubLocalStorage();
  items.set(
    "rekindle.queue.c",
    '["a", 5, null, {"text": "b"}, {"text": "c", "files": {"key": "k", "names": [1]}}]',
  );
  items.set("rekindle.queue.d", "no JSON");
  const { session, store } = openSession();
  const queue = new SendQueue({ session, store });
  expect([textsOf(queue, "c"), textsOf(queue, "d")]).toEqual([["a"], []]);
});

test("SQ4: one that cannot be stored stays, and so does one that cannot be kept in the composer", async () => {
  const { engine, session, store, queue } = await askSession();
  queue.add(queued("two"));
  store.failing = (call) => (call === "appendMessage" ? { code: "quota-exceeded" } : undefined);
  engine.finish();
  await session.settled();
  await vi.waitFor(() => expect(queue.of("c")).toMatchObject([{ text: "two", isHeld: true }]));
  vi.stubGlobal("localStorage", undefined);
  expect(queue.add(queued("three"))).toBe(false);
  expect(textsOf(queue)).toEqual(["two"]);
});

test("one is taken out to be edited, or removed", async () => {
  const { engine, session, queue } = await askSession();
  queue.add(queued("two"));
  const [one] = queue.of("c");
  expect(queue.take("c", one?.id ?? "")).toMatchObject({ text: "two" });
  expect(queue.take("c", one?.id ?? "")).toBeUndefined();
  engine.finish();
  await session.settled();
  expect(asked(engine)).toEqual([HI.text]);
});
