import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { createStore } from "../create-store.ts";
import { SCHEMA_VERSION } from "../records/schema.ts";
import { readAnyVersion } from "./any-version-text.ts";

/** A database of some version with one conversation in it. */
function makeDatabase(name: string, version: number, build: (db: IDBDatabase) => void) {
  return new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => build(request.result);
    request.onerror = () => reject(new Error(request.error?.message));
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

/** As a later build may keep text: with fields and object stores that are not known here, and without the index. */
function later(db: IDBDatabase): void {
  db.createObjectStore("notKnown");
  const conversations = db.createObjectStore("conversations", { keyPath: "id" });
  conversations.add({ id: "c", title: "Later", updatedAtMs: 2, headId: "m1", mood: "good" });
  const messages = db.createObjectStore("messages", { keyPath: "id" });
  messages.add({ id: "m1", conversationId: "c", role: "user", text: "Hi", createdAtMs: 1, a: 1 });
  messages.add({ id: "m2", conversationId: "d", role: "user", text: "Ho", createdAtMs: 1 });
}

test("a database of a newer version is exported, though nothing else can be done with it", async () => {
  await makeDatabase("newer", SCHEMA_VERSION + 3, later);
  const store = createStore({ databaseName: "newer" });
  expect(await store.conversations()).toEqual({ ok: false, failure: { code: "outdated" } });
  const exported = await store.exportText();
  if (!exported.ok) throw new Error(exported.failure.code);
  expect(JSON.parse(await exported.value.text())).toMatchObject({
    conversations: [
      { conversation: { id: "c", title: "Later" }, messages: [{ id: "m1", text: "Hi" }] },
    ],
  });
  // It is closed again: a newer build's own upgrade does not have to wait.
  await makeDatabase("newer", SCHEMA_VERSION + 4, () => undefined);
});

test("a database without what text is kept in has none", async () => {
  await makeDatabase("other", 9, (db) => db.createObjectStore("something"));
  const read = readAnyVersion("other", async (text) => [
    await text.conversations(),
    await text.messages("c"),
  ]);
  expect(await read).toEqual([[], []]);
});

test("where there is no database, none is made", async () => {
  await expect(readAnyVersion("none", () => Promise.resolve(1))).rejects.toBeDefined();
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain("none");
});
