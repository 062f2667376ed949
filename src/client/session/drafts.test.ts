import { afterEach, expect, test, vi } from "vitest";
import { NEW_CONVERSATION, readDraft, writeDraft } from "./drafts.ts";

afterEach(() => vi.unstubAllGlobals());

function stubStorage() {
  const items = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
    removeItem: (key: string) => items.delete(key),
  });
  return items;
}

test("a draft is kept per conversation", () => {
  stubStorage();
  writeDraft("a", "half a sen");
  writeDraft(NEW_CONVERSATION, "another");
  expect(readDraft("a")).toBe("half a sen");
  expect(readDraft(NEW_CONVERSATION)).toBe("another");
  expect(readDraft("b")).toBe("");
});

test("an empty draft leaves nothing behind", () => {
  const items = stubStorage();
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
