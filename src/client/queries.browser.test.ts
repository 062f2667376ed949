import { QueryClientProvider } from "@tanstack/react-query";
import { createElement } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, expect, test, vi } from "vitest";
import type { EngineFailure } from "../protocol/errors.ts";
import { ChatSession } from "./chat-session.ts";
import { ClientContext, useAnsweringIn, useChatState } from "./client-context.ts";
import { withRun } from "./chat-state.ts";
import { writeDraft, readDraft } from "./drafts.ts";
import { EngineClient } from "./engine-client.ts";
import {
  createQueryClient,
  failureOf,
  refresh,
  useConversations,
  useDeleteConversation,
  useMessages,
} from "./queries.ts";
import { FakeEngine, FakeStore, HI, message } from "./testing.ts";

const roots: Root[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) root.unmount();
});

/** A component that calls `useHooks`, to be shown; `until` looks at what that returned last. */
function prepare<T extends object>(useHooks: () => T) {
  const store = new FakeStore();
  const engine = new FakeEngine();
  const queries = createQueryClient();
  const onStored = (id: string) => refresh(queries, id);
  const session = new ChatSession({ engine, store, onStored });
  const client = { store, session, engine: new EngineClient() };
  const hook: { current?: T } = {};
  const Probe = () => {
    const value = useHooks();
    return createElement("div", { ref: () => void (hook.current = value) });
  };
  const show = () => {
    const root = createRoot(document.createElement("div"));
    roots.push(root);
    const inContext = createElement(ClientContext, { value: client }, createElement(Probe));
    root.render(createElement(QueryClientProvider, { client: queries }, inContext));
  };
  const until = (expectation: (value: T) => void) =>
    vi.waitFor(() => {
      if (!hook.current) throw new Error("not rendered");
      expectation(hook.current);
    });
  return { store, engine, session, show, until };
}

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

test("a turn is seen as it happens, and never falls back", async () => {
  const seen: string[] = [];
  const { engine, session, show, until } = prepare(() => {
    const state = useChatState("c");
    const shown = withRun(useMessages("c").data ?? [], state);
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
    remove: useDeleteConversation(),
  }));
  show();
  const asked = engine.asked();
  await session.send(HI);
  await asked;
  writeDraft("c", "unsent");
  await until(({ conversations }) => expect(conversations).toHaveLength(1));
  await until(({ remove }) => remove.mutate("c"));
  await until(({ conversations }) => expect(conversations).toEqual([]));
  expect(session.stateOf("c")).toEqual({ phase: "idle" });
  expect(store.stored.size).toBe(0);
  expect(readDraft("c")).toBe("");
});
