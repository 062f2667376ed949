import { expect, test, vi } from "vitest";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import {
  type AddressBar,
  ConversationLocation,
  conversationIdIn,
} from "./conversation-location.ts";

/** An address bar without a browser. Setting the hash fires an event, as there; replacing the state does not. */
class FakeWindow extends EventTarget implements AddressBar {
  hash: string;
  readonly location: { hash: string };
  readonly history = {
    replaceState: (_data: unknown, _unused: string, url: string) => void (this.hash = url),
  };

  constructor(hash: string) {
    super();
    this.hash = hash;
    this.location = Object.defineProperty({ hash: "" }, "hash", {
      get: () => this.hash,
      set: (value: string) => this.go(value),
    });
  }

  go(hash: string): void {
    if (hash === this.hash) return;
    this.hash = hash;
    this.dispatchEvent(new Event("hashchange"));
  }
}

test("an id survives the way into the hash and back", () => {
  const window = new FakeWindow("");
  new ConversationLocation(window).open("a/b %");
  expect(conversationIdIn(window.hash)).toBe("a/b %");
});

test.each([
  "",
  "#",
  "#/",
  "#/c/",
  "#/c/%",
  "#elsewhere",
  "#//c/one",
  "#/c/%ff%fe",
  "#/c/%ed%a0%80",
  `#/c/${"x".repeat(257)}`,
  `#/c/${"%41".repeat(1_000_000)}`,
])("%.40j names no conversation", (hash) => {
  expect(conversationIdIn(hash)).toBeNull();
  expect(new ConversationLocation(new FakeWindow(hash)).getSnapshot().isNew).toBe(true);
});

test.each([
  ["#/c/__proto__", "__proto__"],
  ["#/c/..%2f..%2fmodels", "../../models"],
  ["#/c/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "<img src=x onerror=alert(1)>"],
  ["#/c/%00%E2%80%AE", "\u0000\u202e"],
  ["#/c/javascript:alert(1)", "javascript:alert(1)"],
])("%j is an id like any other, and stays one", (hash, id) => {
  const window = new FakeWindow(hash);
  const location = new ConversationLocation(window);
  expect(location.getSnapshot()).toEqual({ conversationId: id, isNew: false });
  location.open(id);
  expect(conversationIdIn(window.hash)).toBe(id);
});

test("a new conversation is there from the press on, before the browser tells of its address, and stays the same", () => {
  const window = new FakeWindow("#/c/one");
  const location = new ConversationLocation(window);
  const seen = vi.fn();
  location.subscribe(() => {
    seen({ ...location.getSnapshot(), hash: window.hash });
  });
  location.startNew();
  const { conversationId } = location.getSnapshot();
  expect(seen.mock.calls).toEqual([[{ conversationId, isNew: true, hash: "#/c/one" }]]);
  expect(window.hash).toBe("#/");
});

test("back and forward show what the address says", () => {
  const window = new FakeWindow("#/c/one");
  const location = new ConversationLocation(window);
  const listener = vi.fn();
  location.subscribe(listener);

  window.go("#/c/two");
  expect(location.getSnapshot()).toEqual({ conversationId: "two", isNew: false });
  window.go("#/");
  expect(location.getSnapshot().isNew).toBe(true);
  expect(listener).toHaveBeenCalledTimes(2);
});

test("a new conversation keeps its id when it gets an address", () => {
  const window = new FakeWindow("#/");
  const location = new ConversationLocation(window);
  const { conversationId } = location.getSnapshot();

  location.adopt(conversationId);
  expect(window.hash).toBe(`#/c/${conversationId}`);
  expect(location.getSnapshot()).toEqual({ conversationId, isNew: false });
});

test("a conversation left before its first message was stored gets no address", () => {
  const window = new FakeWindow("#/");
  const location = new ConversationLocation(window);
  const { conversationId } = location.getSnapshot();

  location.open("other");
  location.adopt(conversationId);
  expect(window.hash).toBe("#/c/other");
});

test("every new conversation has an id of its own", () => {
  const location = new ConversationLocation(new FakeWindow("#/"));
  const first = location.getSnapshot();
  location.startNew();
  expect(location.getSnapshot()).not.toEqual(first);
  expect(location.getSnapshot().isNew).toBe(true);
});

test("a conversation that is gone is left, and only that one", () => {
  const window = new FakeWindow("#/c/one");
  const location = new ConversationLocation(window);
  location.leave("another");
  expect(location.getSnapshot().conversationId).toBe("one");
  location.leave("one");
  expect(location.getSnapshot().isNew).toBe(true);
  expect(window.hash).toBe("#/");
});

test("a new conversation is made temporary and back, until something was sent", () => {
  const window = new FakeWindow("#/");
  const location = new ConversationLocation(window);
  const before = location.getSnapshot().conversationId;
  expect(location.setTemporary(false)).toBe(before);
  const id = location.setTemporary(true);
  expect(isTemporary(id)).toBe(true);
  expect(location.getSnapshot()).toEqual({ conversationId: id, isNew: true });
  expect(isTemporary(location.setTemporary(false))).toBe(false);
  const kept = location.setTemporary(true);
  location.adopt(kept);
  expect(location.setTemporary(false)).toBe(kept);
  // Within the tab one comes back to it, and after a reload there is nothing to come back to.
  expect(conversationIdIn(window.hash)).toBe(kept);
  expect(new ConversationLocation(window).getSnapshot()).toMatchObject({ isNew: true });
  expect(window.hash).toBe("#/");
});
