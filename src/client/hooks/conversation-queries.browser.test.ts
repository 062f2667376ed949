import { expect, test } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import { withReply } from "../chat-state.ts";
import { useAnsweringIn, useChatState } from "./client-context.ts";
import { readDraft, writeDraft } from "../session/drafts.ts";
import {
  messagesQuery,
  refresh,
  useConversations,
  useDeleteConversations,
  useDiscardConversations,
  useMessages,
} from "./conversation-queries.ts";
import { failureOf } from "./query-failure.ts";
import { HI } from "../session/testing-session.ts";
import { message } from "../testing-store.ts";
import { prepare } from "./testing-react.ts";

test("conversations and messages are read from the store", async () => {
  const { store, show, until } = prepare(() => ({
    conversations: useConversations(),
    messages: useMessages("c"),
  }));
  store.stored.set("q", message("q"));
  show();
  await until(({ conversations, messages }) => {
    expect(conversations.data).toMatchObject([{ id: "c" }]);
    expect(messages.data).toEqual([message("q")]);
  });
});

test("a reply that a dead page left streaming was stopped", async () => {
  const { store, show, until } = prepare(() => useMessages("c"));
  store.stored.set("a", message("a", { role: "assistant", status: "streaming" }));
  show();
  await until(({ data }) => expect(data).toMatchObject([{ id: "a", status: "stopped" }]));
});

test("messages that were read ahead are there at once, and are read again", async () => {
  const { store, queries, show, until } = prepare(() => useMessages("c"));
  store.stored.set("q", message("q"));
  await queries.query(messagesQuery(store, "c"));
  store.stored.set("a", message("a", { role: "assistant", parentId: "q" }));
  let answer: () => void = () => undefined;
  store.slowness = () => new Promise((resolve) => (answer = resolve));
  show();
  await until(({ data, isStale, isFetching }) => {
    expect(data).toEqual([message("q")]);
    expect([isStale, isFetching]).toEqual([false, true]);
  });
  answer();
  await until(({ data }) => expect(data).toHaveLength(2));
});

test("messages that were read ahead and have changed are not taken for what is stored", async () => {
  const { store, queries, show, until } = prepare(() => useMessages("c"));
  await queries.query(messagesQuery(store, "c"));
  await refresh(queries, "c");
  store.slowness = () => new Promise(() => undefined);
  show();
  await until(({ isStale }) => expect(isStale).toBe(true));
});

test("a turn is seen as it happens, and never falls back", async () => {
  const seen: string[] = [];
  const { engine, session, show, until } = prepare(() => {
    const state = useChatState("c");
    const shown = withReply(useMessages("c").data ?? [], state);
    const line = shown.map(({ text, status }) => `${text}:${status}`).join(" ");
    if (seen.at(-1) !== line) seen.push(line);
    return { line, answering: useAnsweringIn() };
  });
  show();
  const asked = engine.asked();
  await session.send(HI);
  await asked;
  await until(({ line, answering }) => {
    expect(line).toBe("Hi:complete :streaming");
    expect(answering).toBe("c");
  });
  engine.say("Hel");
  await until(({ line }) => expect(line).toContain("Hel:"));
  engine.say("lo");
  engine.finish();
  await until(({ line, answering }) => {
    expect(line).toBe("Hi:complete Hello:complete");
    expect(answering).toBeUndefined();
  });
  // From the first word on, no render shows less than one before it.
  const lengths = seen.map((line) => /Hel(lo)?/.exec(line)?.[0].length ?? 0);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
});

test("a store that died is asked once more; another failure is shown", async () => {
  const { store, show, until } = prepare(() => useMessages("c"));
  const died: EngineFailure = { code: "worker-died", worker: "store", message: "" };
  const failures: EngineFailure[] = [died];
  store.failing = () => failures.shift();
  show();
  await until(({ data }) => expect(data).toEqual([]));
  expect(store.calls).toHaveLength(2);
});

test("a failure is in the query's error", async () => {
  const { store, show, until } = prepare(() => useMessages("c"));
  const failure: EngineFailure = { code: "store-unavailable", message: "closed" };
  store.failing = () => failure;
  show();
  await until(({ error }) => {
    if (!error) throw new Error("no error yet");
    expect(failureOf(error)).toEqual(failure);
  });
  expect(store.calls).toHaveLength(1);
  expect(failureOf(new Error("bug"))).toEqual({ code: "store-unavailable", message: "bug" });
});

test("deleting removes the conversation, its turn and its draft from the screen", async () => {
  const { engine, store, session, show, until } = prepare(() => ({
    conversations: useConversations().data,
    discard: useDiscardConversations(),
    remove: useDeleteConversations(),
  }));
  show();
  const asked = engine.asked();
  await session.send(HI);
  await asked;
  writeDraft("c", "unsent");
  await until(({ conversations }) => expect(conversations).toHaveLength(1));
  await until(({ discard }) => discard.mutate(["c"]));
  await until(({ conversations }) => expect(conversations).toEqual([]));
  expect(session.stateOf("c")).toEqual({ phase: "idle" });
  expect(readDraft("c")).toBe("unsent");
  await until(({ remove }) => remove.mutate(["c"]));
  await until(({ remove }) => expect(remove.isSuccess).toBe(true));
  expect(store.stored.size).toBe(0);
  expect(readDraft("c")).toBe("");
});
