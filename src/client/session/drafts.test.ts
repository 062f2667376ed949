import { afterEach, expect, test, vi } from "vitest";
import { temporaryId } from "../../protocol/temporary-conversation.ts";
import {
  hasTemporaryDraft,
  listenToReturns,
  moveDraft,
  NEW_CONVERSATION,
  readDraft,
  returnToDraft,
  writeDraft,
} from "./drafts.ts";
import { stubLocalStorage } from "./testing-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("a draft is kept per conversation", () => {
  stubLocalStorage();
  writeDraft("a", "half a sen");
  writeDraft(NEW_CONVERSATION, "another");
  expect(readDraft("a")).toBe("half a sen");
  expect(readDraft(NEW_CONVERSATION)).toBe("another");
  expect(readDraft("b")).toBe("");
});

test("an empty draft leaves nothing behind", () => {
  const items = stubLocalStorage();
  writeDraft("a", "half a sen");
  writeDraft("a", "");
  expect(items.size).toBe(0);
});

test("blocked or full storage is done without", () => {
  const refuse = () => {
    throw new DOMException("", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  writeDraft("a", "text");
  expect(readDraft("a")).toBe("");
});

test("a browser that denies even the name is done without", () => {
  vi.stubGlobal("localStorage", undefined);
  writeDraft("a", "text");
  expect(readDraft("a")).toBe("");
});

test("a text comes back before what was typed since, and whoever shows the draft is told", () => {
  stubLocalStorage();
  const told: string[] = [];
  const end = listenToReturns((id, draft) => told.push(`${id}: ${draft}`));
  expect(returnToDraft("a", "sent")).toBe(true);
  expect(returnToDraft("a", "sent")).toBe(true);
  expect(readDraft("a")).toBe("sent");
  writeDraft("a", "typed");
  returnToDraft("a", "sent");
  expect(readDraft("a")).toBe("sent\n\ntyped");
  end();
  returnToDraft("b", "sent");
  expect(told).toEqual(["a: sent", "a: sent", "a: sent\n\ntyped"]);
});

test("a text that cannot be kept does not come back", () => {
  vi.stubGlobal("localStorage", undefined);
  expect(returnToDraft("a", "sent")).toBe(false);
});

test("unsent text of a temporary conversation is kept in memory only, and can be taken along", () => {
  const items = stubLocalStorage();
  const id = temporaryId("a");
  writeDraft(NEW_CONVERSATION, "half a sen");
  moveDraft(NEW_CONVERSATION, id);
  expect(items.size).toBe(0);
  expect([readDraft(id), readDraft(NEW_CONVERSATION)]).toEqual(["half a sen", ""]);
  expect(hasTemporaryDraft()).toBe(true);
  moveDraft(id, NEW_CONVERSATION);
  expect([readDraft(id), readDraft(NEW_CONVERSATION)]).toEqual(["", "half a sen"]);
  expect(hasTemporaryDraft()).toBe(false);
});
