import { afterEach, expect, test, vi } from "vitest";
import { ConversationAccess } from "./conversation-access.ts";
import type { Locks } from "./conversation-lock.ts";
import { openTabChannel } from "./tab-channel.ts";
import { FakeBrowser } from "./testing-tabs.ts";

afterEach(() => void vi.useRealTimers());

const LOCK = "rekindle.conversation.c";

function openTab(browser: FakeBrowser) {
  const tab = browser.openTab();
  const onGain = vi.fn(() => Promise.resolve());
  const onLose = vi.fn(() => Promise.resolve());
  const { channel, locks } = tab;
  const access = new ConversationAccess({ channel, locks, onGain, onLose });
  const seen: string[] = [];
  access.subscribe(() => seen.push(access.stateOf("c").is));
  const is = () => access.stateOf("c").is;
  return { tab, access, onGain, onLose, seen, is };
}

const becomes = (tab: ReturnType<typeof openTab>, expected: string) =>
  vi.waitFor(() => expect(tab.is()).toBe(expected));

/** Two tabs that show the conversation; the first one writes it. */
async function openTwo() {
  const browser = new FakeBrowser();
  const [first, second] = [openTab(browser), openTab(browser)];
  const hold = first.access.hold("c");
  expect(await hold.isWriter).toBe(true);
  const other = second.access.hold("c");
  expect(await other.isWriter).toBe(false);
  return { browser, first, second, hold, other };
}

test("the first tab writes, the next one follows, and other conversations are free", async () => {
  const { first, second } = await openTwo();
  expect([first.is(), second.is()]).toEqual(["writer", "follower"]);
  expect(await second.access.hold("d").isWriter).toBe(true);
  // No other tab had written anything before.
  expect(first.onGain.mock.calls).toEqual([["c", false]]);
});

test("when the writer leaves, the tab in line is next, once it has read what was written", async () => {
  const { browser, second, hold } = await openTwo();
  let read = () => {};
  second.onGain.mockImplementation(() => new Promise((resolve) => (read = () => resolve())));
  hold.release();
  await vi.waitFor(() => expect(second.onGain).toHaveBeenCalledExactlyOnceWith("c", true));
  expect(browser.holderOf(LOCK)).toBe(second.tab);
  expect(second.is()).toBe("follower");
  read();
  await becomes(second, "writer");
});

test("a writer that dies is followed by the tab in line", async () => {
  const { browser, first, second } = await openTwo();
  browser.close(first.tab);
  await becomes(second, "writer");
});

test("taking over: the writer first ends what it does, then it follows", async () => {
  const { browser, first, second } = await openTwo();
  let end = () => {};
  first.onLose.mockImplementation(() => new Promise((resolve) => (end = () => resolve())));
  const taken = second.access.takeOver("c");
  expect(second.access.stateOf("c")).toEqual({ is: "follower", takingOver: true });
  await vi.waitFor(() => expect(first.onLose).toHaveBeenCalledExactlyOnceWith("c"));
  expect(first.is()).toBe("follower");
  expect(browser.holderOf(LOCK)).toBe(first.tab);
  end();
  await taken;
  await becomes(second, "writer");
  expect(browser.holderOf(LOCK)).toBe(second.tab);
  await first.access.takeOver("c");
  await becomes(first, "writer");
  expect(second.is()).toBe("follower");
});

test("a writer that does not answer loses the conversation all the same", async () => {
  const { first, second } = await openTwo();
  first.onLose.mockImplementation(() => new Promise(() => undefined));
  vi.useFakeTimers();
  void second.access.takeOver("c");
  await vi.advanceTimersByTimeAsync(2900);
  expect(second.is()).toBe("follower");
  await vi.advanceTimersByTimeAsync(200);
  expect(second.is()).toBe("writer");
  expect(first.is()).toBe("follower");
});

test("a writer that was not even asked is told by its lock", async () => {
  const { browser, first, second } = await openTwo();
  await second.tab.locks
    .request(LOCK, { steal: true }, () => expect(browser.holderOf(LOCK)).toBe(second.tab))
    .then();
  await vi.waitFor(() => expect(first.onLose).toHaveBeenCalledOnce());
  // The tab waits in line, and its turn comes at once.
  await vi.waitFor(() => expect(first.seen).toContain("follower"));
});

test("who asks to take over is before those that wait in line", async () => {
  const { browser, first, second } = await openTwo();
  const third = openTab(browser);
  expect(await third.access.hold("c").isWriter).toBe(false);
  await third.access.takeOver("c");
  await becomes(third, "writer");
  await vi.waitFor(() => expect([first.is(), second.is()]).toEqual(["follower", "follower"]));
  expect(browser.holderOf(LOCK)).toBe(third.tab);
});

test("held by a turn, the conversation stays this tab's though another one is shown", async () => {
  const { first, second, hold } = await openTwo();
  const turn = first.access.hold("c");
  hold.release();
  hold.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([first.is(), second.is()]).toEqual(["writer", "follower"]);
  turn.release();
  await becomes(second, "writer");
});

test("left and come back to at once, the conversation is not taken for another tab's", async () => {
  const browser = new FakeBrowser();
  const first = openTab(browser);
  first.access.hold("c").release();
  const again = first.access.hold("c");
  expect(await again.isWriter).toBe(true);
  again.release();
  expect(await first.access.hold("c").isWriter).toBe(true);
  expect(first.seen).not.toContain("follower");
});

test("a tab that leaves while it waits is not in line any more", async () => {
  const { browser, first, second, hold, other } = await openTwo();
  other.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  hold.release();
  await vi.waitFor(() => expect(browser.holderOf(LOCK)).toBeUndefined());
  expect([first.is(), second.is()]).toEqual(["unknown", "unknown"]);
  expect(second.onGain).not.toHaveBeenCalled();
});

test("whether another tab writes a conversation is known without wanting it", async () => {
  const { browser, first, second, hold } = await openTwo();
  const third = openTab(browser);
  expect(await third.access.isWrittenElsewhere("c")).toBe(true);
  expect(await third.access.isWrittenElsewhere("d")).toBe(false);
  expect(await first.access.isWrittenElsewhere("c")).toBe(false);
  expect(await second.access.isWrittenElsewhere("c")).toBe(true);
  expect(third.is()).toBe("unknown");
  hold.release();
  await becomes(second, "writer");
  expect(await first.access.isWrittenElsewhere("c")).toBe(true);
});

test("without locks, or where the browser refuses them, this tab is the only one", async () => {
  const refuse = () => Promise.reject(new DOMException("no storage, no locks", "SecurityError"));
  for (const locks of [undefined, { request: refuse, query: refuse } as Locks]) {
    const access = new ConversationAccess({
      channel: openTabChannel(() => undefined),
      locks,
      onGain: () => Promise.resolve(),
      onLose: () => Promise.resolve(),
    });
    expect(await access.hold("c").isWriter).toBe(true);
    expect(access.stateOf("c")).toEqual({ is: "writer" });
    expect(await access.isWrittenElsewhere("d")).toBe(false);
  }
});
