import { afterEach, expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import { askSession, HI, openSession } from "./testing-session.ts";
import { message } from "../testing-store.ts";

afterEach(() => void vi.useRealTimers());

test("a turn: the question is stored, then the reply grows, then it is stored whole", async () => {
  const { engine, session, state, messages } = await askSession();
  const [question, reply] = messages();
  expect(question).toMatchObject({ role: "user", text: "Hi", status: "complete", parentId: null });
  expect(reply).toMatchObject({ role: "assistant", text: "", status: "streaming" });
  expect(engine.requests).toMatchObject([
    { conversationId: "c", messages: [{ role: "user", text: "Hi" }] },
  ]);

  engine.say("Hel");
  expect(state()).toEqual({
    phase: "answering",
    conversationId: "c",
    reply: { messageId: reply?.id, parentId: question?.id, text: "Hel", reasoning: "" },
  });
  engine.say("lo");
  const tokens = { tokenizer: "t", ids: [1, 2] };
  const context = { droppedMessages: 4, approximate: true };
  engine.finish({ tokens, context });
  await session.settled();
  expect(state()).toEqual({ phase: "idle" });
  expect(messages()[1]).toMatchObject({
    parentId: question?.id,
    text: "Hello",
    status: "complete",
    finishReason: "stop",
    tokens,
    context,
  });
});

test("the model that begins a reply is stored with it, also where another one is there at its end", async () => {
  const { engine, session, messages, setModel } = await askSession();
  const model = { url: "https://x.example/m/", name: "M", quantization: "q", weightBytes: 5 };
  setModel(model);
  engine.say("Hel");
  setModel({ ...model, name: "another" });
  engine.finish({ rereading: { tokens: 9, ms: 50 } });
  await session.settled();
  expect(messages()[1]).toMatchObject({ text: "Hel", model, rereading: { tokens: 9, ms: 50 } });
  expect(messages()[0]).not.toHaveProperty("model");
});

test("a reply that failed before its first word names no model", async () => {
  const { engine, session, messages, setModel } = await askSession();
  setModel({ url: "https://x.example/m/", name: "M", quantization: "q", weightBytes: 5 });
  engine.fail({ code: "device-lost", message: "" });
  await session.settled();
  expect(messages()[1]).not.toHaveProperty("model");
});

test("reasoning grows apart from the text, and is stored with the time that it took", async () => {
  vi.useFakeTimers();
  const { engine, session, state, messages } = await askSession();
  engine.think("Hm, ");
  await vi.advanceTimersByTimeAsync(1500);
  expect(messages()[1]).toMatchObject({ text: "", reasoning: "Hm, ", status: "streaming" });
  engine.think("a cow.");
  expect(state()).toMatchObject({ reply: { text: "", reasoning: "Hm, a cow." } });
  await vi.advanceTimersByTimeAsync(500);
  engine.say("Moo");
  await vi.advanceTimersByTimeAsync(3000);
  const tokens = { tokenizer: "t", ids: [1], reasoningIds: [2] };
  engine.finish({ tokens });
  await session.settled();
  const { reasoning, reasoningMs, text } = messages()[1] ?? {};
  expect({ reasoning, reasoningMs, text }).toEqual({
    reasoning: "Hm, a cow.",
    reasoningMs: 2000,
    text: "Moo",
  });
  expect(messages()[1]).toMatchObject({ tokens });
});

test("a reply that is stopped or dies before its text keeps its reasoning", async () => {
  const stopped = await askSession();
  stopped.engine.think("Hm");
  await stopped.session.stop();
  await stopped.session.settled();
  expect(stopped.messages()[1]).toMatchObject({ text: "", reasoning: "Hm", status: "stopped" });

  const dead = await askSession();
  dead.engine.think("Hm");
  dead.engine.fail({ code: "worker-died", worker: "engine", message: "gone" });
  await dead.session.settled();
  expect(dead.messages()[1]).toMatchObject({ text: "", reasoning: "Hm", status: "failed" });
  expect(dead.state()).toMatchObject({ phase: "failed", reply: { reasoning: "Hm" } });
});

test("the engine is not asked before the question is durable", async () => {
  const { engine, store, session } = openSession();
  let storeIt = () => {};
  store.slowness = () => new Promise((resolve) => (storeIt = resolve));
  const asked = engine.asked();
  const sent = session.send(HI);
  await new Promise((resolve) => setTimeout(resolve));
  expect(store.calls).toEqual(["appendMessage user"]);
  expect(engine.requests).toEqual([]);
  store.slowness = () => Promise.resolve();
  storeIt();
  expect(await sent).toEqual(ok(undefined));
  await asked;
  expect(store.calls).toEqual(["appendMessage user", "messages c", "appendMessage assistant"]);
  engine.finish();
  await session.settled();
});

test("the engine gets the whole path, with the model's own tokens, the sampling and the quality", async () => {
  const { engine, store, session } = openSession();
  const tokens = { tokenizer: "t", ids: [1] };
  for (const stored of [
    message("q1"),
    message("a1", { parentId: "q1", role: "assistant", tokens }),
    message("other", { parentId: "q1", role: "assistant" }),
  ])
    store.stored.set(stored.id, stored);
  const asked = engine.asked();
  const options = { sampling: { temperature: 0 }, quality: "compact" } as const;
  await session.send({ ...HI, parentId: "a1", ...options });
  await asked;
  expect(engine.requests[0]).toMatchObject(options);
  expect(engine.requests[0]?.messages).toEqual([
    { role: "user", text: "text of q1" },
    { role: "assistant", text: "text of a1", tokens },
    { role: "user", text: "Hi" },
  ]);
});

test("a reply can be asked for anew without any influence of what is out of view", async () => {
  const { engine, session, messages } = await askSession();
  engine.finish({ context: { droppedMessages: 2, approximate: true } });
  await session.settled();
  const messageId = messages()[1]?.id ?? "";
  const asked = engine.asked();
  const options = { exactContext: true, quality: "exact" } as const;
  await session.regenerate({ conversationId: "c", messageId, ...options });
  await asked;
  expect(engine.requests.map(({ exactContext }) => exactContext)).toEqual([undefined, true]);
  expect(engine.requests[1]).toMatchObject(options);
  const context = { droppedMessages: 2, approximate: false };
  engine.finish({ context });
  await session.settled();
  expect(messages()[2]).toMatchObject({ context });
});

test("while a reply is under way nothing else can be sent, anywhere", async () => {
  const { engine, session, messages } = await askSession();
  const busy = fail({ code: "busy" });
  expect(session.answeringIn()).toBe("c");
  expect(await session.send({ ...HI, conversationId: "other" })).toEqual(busy);
  expect(await session.regenerate({ conversationId: "c", messageId: "x" })).toEqual(busy);
  expect(messages()).toHaveLength(2);
  engine.finish();
  await session.settled();
  expect(session.answeringIn()).toBeUndefined();
});

test("two sends at once: one is refused", async () => {
  const { session, engine, messages } = openSession();
  const asked = engine.asked();
  const results = await Promise.all([session.send(HI), session.send(HI)]);
  expect(results).toEqual([ok(undefined), fail({ code: "busy" })]);
  await asked;
  expect(messages()).toHaveLength(2);
});

test("the text is stored as it streams, at most a second behind", async () => {
  vi.useFakeTimers();
  const { engine, session, messages } = await askSession();
  engine.say("a");
  await vi.advanceTimersByTimeAsync(1000);
  expect(messages()[1]).toMatchObject({ text: "a", status: "streaming" });
  for (let n = 0; n < 30; n++) {
    engine.say("b");
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(messages()[1]?.text.length).toBeGreaterThanOrEqual(1 + 20);
  engine.finish();
  await session.settled();
  expect(messages()[1]).toMatchObject({ text: `a${"b".repeat(30)}`, status: "complete" });
});

test("stop keeps what there is", async () => {
  const { engine, session, state, messages } = await askSession();
  engine.say("Hel");
  await session.stop();
  await session.settled();
  expect(engine.cancelled).toEqual([engine.requests[0]?.runId]);
  expect(state()).toEqual({ phase: "idle" });
  expect(messages()[1]).toMatchObject({
    text: "Hel",
    status: "stopped",
    finishReason: "cancelled",
  });
});

test("stop before the engine was asked: it is not asked any more", async () => {
  const { engine, session, state, messages } = openSession();
  const sent = session.send(HI);
  await session.stop();
  expect(await sent).toEqual(ok(undefined));
  await session.settled();
  expect(engine.requests).toEqual([]);
  expect(state()).toEqual({ phase: "idle" });
  expect(messages()).toMatchObject([{ text: "Hi" }, { text: "", status: "stopped" }]);
});

test("a reply that failed before its first word stays, and is not in the next prompt", async () => {
  const { engine, session, messages } = await askSession();
  engine.fail({ code: "device-lost", message: "" });
  await session.settled();
  const failed = messages()[1];
  expect(failed).toMatchObject({ text: "", status: "failed" });
  const asked = engine.asked();
  await session.send({ ...HI, parentId: failed?.id ?? "", text: "Hello?" });
  await asked;
  expect(engine.requests[1]?.messages).toEqual([
    { role: "user", text: "Hi" },
    { role: "user", text: "Hello?" },
  ]);
});

test("a question without an answer can be answered", async () => {
  const { engine, store, session, messages } = openSession();
  store.stored.set("q", message("q"));
  const asked = engine.asked();
  await session.regenerate({ conversationId: "c", messageId: "q" });
  await asked;
  engine.say("Yes");
  engine.finish();
  await session.settled();
  expect(messages()[1]).toMatchObject({ parentId: "q", text: "Yes", status: "complete" });
});

test("a message that is not there any more cannot be answered", async () => {
  const { engine, session, state } = openSession();
  const result = await session.regenerate({ conversationId: "c", messageId: "gone" });
  expect(result).toEqual(fail({ code: "cancelled" }));
  await session.settled();
  expect(engine.requests).toEqual([]);
  expect(state()).toEqual({ phase: "idle" });
});

test("a deleted conversation's turn ends first, and stores nothing afterwards", async () => {
  const { engine, store, session, state, messages } = await askSession();
  engine.say("Hel");
  await session.forget("c");
  await store.deleteConversation("c");
  const calls = store.calls.length;
  engine.say("lo");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(state()).toEqual({ phase: "idle" });
  expect(messages()).toEqual([]);
  expect(store.calls).toHaveLength(calls);
});

test("one conversation's deletion leaves another's turn alone", async () => {
  const { engine, session, state } = await askSession();
  await session.forget("other");
  expect(engine.cancelled).toEqual([]);
  expect(state()).toMatchObject({ phase: "answering" });
});

test("a turn is over only when what is on screen was read again", async () => {
  const { engine, onStored, session, state } = await askSession();
  let read = () => {};
  onStored.mockImplementation(() => new Promise((resolve) => (read = resolve)));
  engine.say("Hello");
  engine.finish();
  await vi.waitFor(() => expect(onStored).toHaveBeenCalledTimes(3));
  expect(state()).toMatchObject({ phase: "answering", reply: { text: "Hello" } });
  read();
  await session.settled();
  expect(state()).toEqual({ phase: "idle" });
});

test("another version of a message is shown with what followed it last, and the screen is told", async () => {
  const { engine, session, store, messages } = await askSession();
  engine.say("one");
  engine.finish();
  await session.settled();
  const [question, first] = messages();
  const asked = engine.asked();
  await session.regenerate({ conversationId: "c", messageId: first?.id ?? "" });
  await asked;
  expect(await session.showVersion("c", first?.id ?? "")).toMatchObject({
    failure: { code: "busy" },
  });
  engine.say("two");
  engine.finish();
  await session.settled();
  expect(await session.showVersion("c", first?.id ?? "")).toEqual(ok(undefined));
  expect(store.heads.get("c")).toBe(first?.id);
  expect(await session.showVersion("c", question?.id ?? "")).toEqual(ok(undefined));
  expect(store.heads.get("c")).not.toBe(first?.id);
});
