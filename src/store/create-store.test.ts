import "fake-indexeddb/auto";
import { afterEach, expect, test, vi } from "vitest";
import { createStore } from "./create-store.ts";
import { openDatabase } from "./open-database.ts";
import { SCHEMA_VERSION } from "./schema.ts";

afterEach(() => vi.restoreAllMocks());

let databases = 0;
const freshName = () => `store-${++databases}`;

const message = {
  id: "m1",
  conversationId: "c",
  parentId: null,
  role: "user",
  text: "Hi",
  status: "complete",
} as const;

test("what was stored is there for the next worker", async () => {
  const name = freshName();
  expect(await createStore({ databaseName: name }).appendMessage(message)).toMatchObject({
    ok: true,
  });
  const next = createStore({ databaseName: name });
  expect(await next.messages("c")).toMatchObject({ ok: true, value: [{ id: "m1", text: "Hi" }] });
  expect(await next.deleteConversation("c")).toEqual({ ok: true, value: undefined });
  expect(await next.conversations()).toEqual({ ok: true, value: [] });
});

test("where IndexedDB is blocked, the store works in memory", async () => {
  vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("denied", "SecurityError");
  });
  const store = createStore({ databaseName: freshName() });
  await store.appendMessage(message);
  await store.updateMessage("m1", { text: "Hi there" });
  expect(await store.messages("c")).toMatchObject({ ok: true, value: [{ text: "Hi there" }] });
});

test("a newer build's database is not hidden behind an empty memory", async () => {
  const name = freshName();
  (await openDatabase(name, { version: SCHEMA_VERSION + 1 })).close();
  expect(await createStore({ databaseName: name }).conversations()).toMatchObject({
    ok: false,
    failure: { code: "store-unavailable" },
  });
});

test("a failure crosses as data", async () => {
  const store = createStore({ databaseName: freshName() });
  await store.appendMessage(message);
  vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(() => {
    throw new DOMException("closed", "InvalidStateError");
  });
  expect(await store.updateMessage("m1", { text: "" })).toEqual({
    ok: false,
    failure: { code: "store-unavailable", message: "InvalidStateError: closed" },
  });
});
