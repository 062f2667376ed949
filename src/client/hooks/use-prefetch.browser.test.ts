import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import type { EngineApi, EngineStatus, OpenRequest } from "../../protocol/engine-api.ts";
import { EngineClient } from "../workers/engine-client.ts";
import { fakeWorker, model } from "../workers/testing-engine-worker.ts";
import { HI } from "../session/testing-session.ts";
import { message } from "../testing-store.ts";
import { prepare } from "./testing-react.ts";
import { usePrefetch } from "./use-prefetch.ts";

const ready: EngineStatus = { phase: "ready", model };

/** Waits for longer than a pointer has to rest. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 130));

/** A page that shows conversation "open", and its engine. Stored are "open", "b" and "empty". */
async function openPage(options: Parameters<typeof usePrefetch>[1] = {}) {
  const prefetch = vi.fn<EngineApi["prefetch"]>(() => new Promise(() => undefined));
  const worker = fakeWorker({ load: () => new Promise(() => undefined), prefetch });
  const engine = new EngineClient({ spawn: () => worker.connection });
  void engine.load(model);
  const page = prepare(
    () => {
      const [openId, setOpenId] = useState("open");
      return { ...usePrefetch(openId, options), setOpenId };
    },
    engine,
    navigator.locks,
  );
  const of = (conversationId: string) => ({ conversationId });
  page.store.stored.set("q", message("q", of("b")));
  page.store.stored.set("a", message("a", { ...of("b"), role: "assistant", parentId: "q" }));
  page.store.stored.set("q2", message("q2", of("open")));
  page.show();
  await page.until(() => undefined);
  const become = (status: EngineStatus) => worker.emit({ type: "status", status });
  become(ready);
  const act = (does: Parameters<typeof page.until>[0]) => page.until(does);
  const prefetched = () =>
    prefetch.mock.calls.map(
      ([{ conversationId, messages }]) =>
        `${conversationId}: ${messages.map(({ text }) => text).join()}`,
    );
  const requests = (): OpenRequest[] => prefetch.mock.calls.map(([request]) => request);
  return { ...page, become, act, prefetched, requests };
}

const B = "b: text of q,text of a";

let letGo: () => void = () => undefined;
afterEach(() => letGo());

/** Holds the conversation's lock, as a tab that writes it does. */
function write(conversationId: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(`rekindle.conversation.${conversationId}`, () => {
      resolve();
      return new Promise<void>((release) => (letGo = release));
    });
  });
}

test("a conversation whose link is pointed at is prefetched, as it would be opened", async () => {
  const { act, store, prefetched, requests } = await openPage();
  store.qualities.set("", "compact");
  await act(({ hover }) => hover("b"));
  await vi.waitFor(() => expect(prefetched()).toEqual([B]));
  expect(requests()).toMatchObject([{ quality: "compact" }]);
  expect(requests()[0]).not.toHaveProperty("scheme");
  expect(store.calls.filter((call) => call === "messages b")).toHaveLength(1);
});

test("a conversation's own quality goes before that of all, and the address's before both", async () => {
  for (const options of [{}, { quality: "balanced" }] as const) {
    const { act, store, requests } = await openPage(options);
    store.qualities.set("", "compact").set("b", "exact");
    await act(({ press }) => press("b"));
    await vi.waitFor(() => expect(requests()).toHaveLength(1));
    expect(requests()).toMatchObject([{ quality: "exact", ...options }]);
  }
});

test("a link that is merely passed prefetches nothing, nor does that of the open one", async () => {
  const { act, store, prefetched } = await openPage();
  await act(({ hover, leave }) => {
    hover("b");
    leave("b");
    hover("open");
  });
  await settle();
  await act(({ press }) => press("open"));
  await settle();
  expect(prefetched()).toEqual([]);
  expect(store.calls).toEqual([]);
});

test("a link that is pressed is not waited for, and pointing at it adds nothing", async () => {
  const { act, prefetched } = await openPage();
  await act(({ hover, press }) => {
    hover("b");
    press("b");
    hover("b");
  });
  await settle();
  expect(prefetched()).toEqual([B]);
});

test("nothing is prefetched without a model, or that has no messages", async () => {
  const { act, become, store, prefetched } = await openPage();
  become({ phase: "recovering" });
  await act(({ press }) => press("b"));
  await settle();
  expect(store.calls).toEqual([]);
  become({ ...ready });
  await act(({ press }) => press("empty"));
  await settle();
  expect(prefetched()).toEqual([]);
});

test("nothing is prefetched under a running turn, or one that begins meanwhile", async () => {
  const { act, engine, session, store, prefetched } = await openPage();
  const reads: (() => void)[] = [];
  store.slowness = () => new Promise((resolve) => reads.push(resolve));
  await act(({ press }) => press("b"));
  await vi.waitFor(() => expect(store.calls).toContain("messages b"));
  store.slowness = () => Promise.resolve();
  const asked = engine.asked();
  await session.send({ ...HI, conversationId: "open" });
  await asked;
  for (const answer of reads) answer();
  await settle();
  await act(({ leave, press }) => {
    leave("b");
    press("b");
  });
  await settle();
  expect(prefetched()).toEqual([]);
  engine.finish();
  await session.settled();
  await act(({ leave, press }) => {
    leave("b");
    press("b");
  });
  await vi.waitFor(() => expect(prefetched()).toEqual([B]));
});

test("what is read when another conversation is opened is not prefetched any more", async () => {
  const { act, store, prefetched } = await openPage();
  const reads: (() => void)[] = [];
  store.slowness = () => new Promise((resolve) => reads.push(resolve));
  await act(({ press }) => press("b"));
  await vi.waitFor(() => expect(store.calls).toContain("messages b"));
  await act(({ setOpenId }) => setOpenId("other"));
  await settle();
  for (const answer of reads) answer();
  await settle();
  expect(prefetched()).toEqual([]);
});

test("what another tab writes is not prefetched", async () => {
  const { act, prefetched } = await openPage();
  await write("b");
  await act(({ press }) => press("b"));
  await settle();
  expect(prefetched()).toEqual([]);
});

test("what cannot be read is not prefetched, and is tried again", async () => {
  const { act, store, prefetched } = await openPage();
  store.failing = (call) =>
    call === "messages" ? { code: "store-unavailable", message: "closed" } : undefined;
  await act(({ press }) => press("b"));
  await settle();
  expect(prefetched()).toEqual([]);
  store.failing = () => undefined;
  await act(({ leave, press }) => {
    leave("b");
    press("b");
  });
  await vi.waitFor(() => expect(prefetched()).toEqual([B]));
});
