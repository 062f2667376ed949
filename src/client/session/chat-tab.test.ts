import { afterEach, expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { createChatTab, discardConversations } from "./chat-tab.ts";
import { pathTo } from "./message-path.ts";
import { withReply } from "../chat-state.ts";
import type { TabMessage } from "../tabs/tab-channel.ts";
import { FakeEngine } from "../testing-engine.ts";
import { FakeStore } from "../testing-store.ts";
import { HI } from "./testing-session.ts";
import { random } from "./testing-random.ts";
import { FakeBrowser } from "../tabs/testing-tabs.ts";

afterEach(() => void vi.useRealTimers());

/** A tab that shows conversation "c". All tabs of a browser share its store. */
function openTab(browser: FakeBrowser, store: FakeStore) {
  const tab = browser.openTab();
  const engine = new FakeEngine();
  let read: MessageRecord[] = [];
  const refresh = vi.fn(async () => {
    const messages = await store.messages("c");
    if (messages.ok) read = messages.value;
  });
  const { channel, locks } = tab;
  const chat = createChatTab({ engine, store, channel, locks, refresh });
  const heard: TabMessage[] = [];
  channel.listen((message) => heard.push(message));
  const hold = chat.access.hold("c");
  const state = () => {
    const own = chat.session.stateOf("c");
    return own.phase === "idle" ? chat.otherTabs.stateOf("c") : own;
  };
  /** What is on screen of the conversation besides what is stored. */
  const shown = () => withReply(read, state()).map(({ text }) => text);
  const close = () => browser.close(tab);
  const lastRead = () => read.at(-1);
  return { ...chat, tab, engine, refresh, hold, heard, state, shown, lastRead, close };
}

type Tab = ReturnType<typeof openTab>;

async function openTwo() {
  const browser = new FakeBrowser();
  const store = new FakeStore();
  const [writer, follower] = [openTab(browser, store), openTab(browser, store)];
  expect(await writer.hold.isWriter).toBe(true);
  expect(await follower.hold.isWriter).toBe(false);
  const messages = () => [...store.stored.values()];
  return { browser, store, writer, follower, messages };
}

async function begin(tab: Tab, text = "Hi", parentId: string | null = null) {
  const asked = tab.engine.asked();
  expect(await tab.session.send({ ...HI, text, parentId })).toEqual(ok(undefined));
  await asked;
}

const becomesWriter = (tab: Tab) =>
  vi.waitFor(() => expect(tab.access.stateOf("c").is).toBe("writer"));

test("a follower sees the turn as it happens, and never less than before", async () => {
  const { writer, follower } = await openTwo();
  const seen: number[] = [];
  follower.otherTabs.subscribe(() => seen.push(follower.shown().join().length));
  await begin(writer);
  await vi.waitFor(() => expect(follower.shown()).toEqual(["Hi", ""]));
  writer.engine.say("Hel");
  await vi.waitFor(() => expect(follower.shown()).toEqual(["Hi", "Hel"]));
  writer.engine.say("lo");
  const context = { droppedMessages: 2, approximate: true };
  writer.engine.finish({ context });
  await vi.waitFor(() => expect(follower.state()).toEqual({ phase: "idle" }));
  expect(follower.shown()).toEqual(["Hi", "Hello"]);
  expect(follower.lastRead()).toMatchObject({ context });
  expect(seen).toEqual(seen.toSorted((some, other) => some - other));
});

test("a follower sees the reasoning as it grows, each word once, and what is stored of it", async () => {
  const { writer, follower } = await openTwo();
  await begin(writer);
  writer.engine.think("Hm, ");
  writer.engine.think("a cow.");
  const thinking = { text: "", reasoning: "Hm, a cow." };
  await vi.waitFor(() => expect(follower.state()).toMatchObject({ reply: thinking }));
  writer.engine.say("Moo");
  const answering = { ...thinking, text: "Moo", reasoningMs: expect.any(Number) as number };
  await vi.waitFor(() => expect(follower.state()).toMatchObject({ reply: answering }));
  writer.engine.finish();
  await vi.waitFor(() => expect(follower.state()).toEqual({ phase: "idle" }));
  expect(follower.lastRead()).toMatchObject(answering);
  const grown = follower.heard.filter((message) => message.type === "reply-grew");
  expect(grown.map(({ part, start, text }) => [part, start, text])).toEqual([
    ["reasoning", 0, "Hm, "],
    ["reasoning", 4, "a cow."],
  ]);
});

test("each word crosses once", async () => {
  const { writer, follower } = await openTwo();
  await begin(writer);
  for (const text of ["Hel", "lo", " there"]) writer.engine.say(text);
  writer.engine.finish();
  await writer.session.settled();
  await vi.waitFor(() => expect(follower.heard.at(-1)?.type).toBe("reply-ended"));
  const grown = follower.heard.filter((message) => message.type === "reply-grew");
  expect(grown.map(({ start, text }) => [start, text])).toEqual([
    [0, "Hel"],
    [3, "lo"],
    [5, " there"],
  ]);
});

test("a tab that is opened under a running reply sees it from its beginning", async () => {
  const { browser, store, writer } = await openTwo();
  await begin(writer);
  writer.engine.say("Hel");
  const late = openTab(browser, store);
  writer.engine.say("lo");
  await vi.waitFor(() => expect(late.state()).toMatchObject({ reply: { text: "Hello" } }));
});

test("a follower can neither send nor regenerate", async () => {
  const { follower, messages } = await openTwo();
  expect(await follower.session.send(HI)).toEqual(fail({ code: "cancelled" }));
  expect(await follower.session.regenerate({ conversationId: "c", messageId: "q" })).toEqual(
    fail({ code: "cancelled" }),
  );
  await follower.session.settled();
  expect(messages()).toEqual([]);
  expect(follower.session.answeringIn()).toBeUndefined();
});

test("taking over ends the other tab's turn, which keeps what it has", async () => {
  const { writer, follower, messages } = await openTwo();
  await begin(writer);
  writer.engine.say("Hel");
  await follower.access.takeOver("c");
  await becomesWriter(follower);
  expect(writer.engine.cancelled).toHaveLength(1);
  expect(messages()).toMatchObject([{ text: "Hi" }, { text: "Hel", status: "stopped" }]);
  expect(follower.shown()).toEqual(["Hi", "Hel"]);
  expect(follower.state()).toEqual({ phase: "idle" });
  expect(writer.access.stateOf("c").is).toBe("follower");
  expect(await writer.session.send(HI)).toEqual(fail({ code: "cancelled" }));

  await begin(follower, "And?", messages()[1]?.id);
  follower.engine.say("Well");
  await vi.waitFor(() => expect(writer.shown()).toEqual(["Hi", "Hel", "And?", "Well"]));
  follower.engine.finish();
  await follower.session.settled();
  expect(pathTo(messages(), messages().at(-1)?.id ?? null)).toEqual(messages());
});

test("a turn whose question is just stored when another tab takes over is not answered", async () => {
  const { store, writer, follower, messages } = await openTwo();
  let storeIt = () => {};
  store.slowness = () => new Promise((resolve) => (storeIt = resolve));
  const sent = writer.session.send(HI);
  await vi.waitFor(() => expect(store.calls).toContain("appendMessage user"));
  const taken = follower.access.takeOver("c");
  await vi.waitFor(() => expect(writer.access.stateOf("c").is).toBe("follower"));
  store.slowness = () => Promise.resolve();
  storeIt();
  await taken;
  await becomesWriter(follower);
  expect(await sent).toEqual(ok(undefined));
  expect(messages()).toMatchObject([{ text: "Hi" }]);
  expect(writer.engine.requests).toEqual([]);
});

test("when the writing tab dies, the next one shows what it stored, and goes on", async () => {
  const { writer, follower, messages } = await openTwo();
  await begin(writer);
  writer.engine.say("Hel");
  await vi.waitFor(() => expect(follower.shown()).toEqual(["Hi", "Hel"]));
  writer.close();
  await becomesWriter(follower);
  expect(follower.state()).toEqual({ phase: "idle" });
  expect(follower.shown()).toEqual(["Hi", ""]);
  await begin(follower, "Again", messages()[1]?.id);
});

test("the lock outlives the showing for as long as the turn runs", async () => {
  const { writer, follower } = await openTwo();
  await begin(writer);
  writer.hold.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(follower.access.stateOf("c").is).toBe("follower");
  writer.engine.finish();
  await becomesWriter(follower);
});

test("a conversation is deleted under another tab's turn, and stays deleted", async () => {
  const { store, writer, follower, messages } = await openTwo();
  await begin(writer);
  writer.engine.say("Hel");
  expect(await discardConversations(follower, store, ["c"])).toEqual(ok(undefined));
  await vi.waitFor(() =>
    expect(writer.heard).toContainEqual({ type: "deleted", conversationId: "c" }),
  );
  await writer.session.settled();
  expect([...store.discarded]).toEqual(["c"]);
  expect(messages().map(({ status }) => status)).not.toContain("streaming");
  expect([writer.state(), follower.state()]).toEqual([{ phase: "idle" }, { phase: "idle" }]);
});

for (let seed = 1; seed <= 20; seed++)
  test(`whatever tabs do, a conversation stays one thread (seed ${seed})`, async () => {
    vi.useFakeTimers();
    const chance = random(seed);
    const browser = new FakeBrowser();
    const store = new FakeStore();
    store.slowness = () => new Promise((resolve) => setTimeout(resolve, chance() * 3));
    const tabs = [openTab(browser, store), openTab(browser, store), openTab(browser, store)];
    const messages = () => [...store.stored.values()];

    const act = async (tab: Tab): Promise<void> => {
      const what = chance();
      if (what < 0.4) {
        // The page sends a message after the head that is stored, and only where it can be sent at all.
        const parentId = messages().at(-1)?.id ?? null;
        if (tab.access.stateOf("c").is === "writer") await tab.session.send({ ...HI, parentId });
      } else if (what < 0.6) tab.engine.say("x");
      else if (what < 0.8) tab.engine.finish();
      else if (what < 0.9) await tab.session.stop();
      else await tab.access.takeOver("c");
    };
    for (let step = 0; step < 100; step++) {
      const tab = tabs[Math.floor(chance() * tabs.length)];
      if (tab) void act(tab);
      await vi.advanceTimersByTimeAsync(chance() * 8);
    }
    for (const tab of tabs) await tab.session.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    const all = messages();
    expect(all.length).toBeGreaterThan(4);
    expect(pathTo(all, all.at(-1)?.id ?? null)).toEqual(all);
    expect(all.filter(({ status }) => status === "streaming")).toEqual([]);
    const writers = tabs.filter(({ access }) => access.stateOf("c").is === "writer");
    expect(writers).toHaveLength(1);
  });
