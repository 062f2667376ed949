import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { openDatabase } from "./open-database.ts";
import { migrations, SCHEMA_VERSION } from "./schema.ts";

/**
 * What each released version left in a browser: written down once, by hand, so that a changed
 * migration does not change it along. Append with each migration; never edit.
 */
const released: readonly ((db: IDBDatabase) => void)[] = [
  function version1(db) {
    const conversations = db.createObjectStore("conversations", { keyPath: "id" });
    conversations.createIndex("by-update", "updatedAtMs");
    conversations.add({ id: "c", title: "Hi", createdAtMs: 1, updatedAtMs: 2, headId: "m2" });
    const messages = db.createObjectStore("messages", { keyPath: "id" });
    messages.createIndex("by-conversation", ["conversationId", "createdAtMs"]);
    const message = { conversationId: "c", status: "complete" };
    messages.add({
      ...message,
      id: "m1",
      parentId: null,
      role: "user",
      text: "Hi",
      createdAtMs: 1,
    });
    messages.add({
      ...message,
      id: "m2",
      parentId: "m1",
      role: "assistant",
      text: "Hello",
      createdAtMs: 2,
      finishReason: "stop",
      tokens: { tokenizer: "t", ids: [7] },
    });
  },
];

let databases = 0;
const freshName = () => `open-${++databases}`;

function makeReleased(name: string, version: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => released[version - 1]?.(request.result);
    request.onerror = () => reject(new Error(request.error?.message));
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

/** The layout of a database: its stores, their keys and indexes. */
function layoutOf(db: Awaited<ReturnType<typeof openDatabase>>) {
  const names = [...db.objectStoreNames];
  const tx = db.transaction(names);
  return names.map((name) => {
    const store = tx.objectStore(name);
    const indexes = [...store.indexNames].map((index) => [index, store.index(index).keyPath]);
    return { name, keyPath: store.keyPath, indexes };
  });
}

test("every version has its dump", () => {
  expect(released).toHaveLength(SCHEMA_VERSION);
});

for (let version = 1; version <= SCHEMA_VERSION; version++) {
  test(`version ${version} opens as version ${SCHEMA_VERSION}, with all it held`, async () => {
    const name = freshName();
    await makeReleased(name, version);
    const db = await openDatabase(name);
    const store = idbConversationStore(() => Promise.resolve(db));
    expect(await store.conversations()).toMatchObject([{ id: "c", title: "Hi", headId: "m2" }]);
    expect(await store.messages("c")).toMatchObject([
      { id: "m1", text: "Hi" },
      { id: "m2", text: "Hello", tokens: { tokenizer: "t", ids: [7] } },
    ]);
  });

  test(`version ${version} migrated has the layout of a new database`, async () => {
    const [old, fresh] = [freshName(), freshName()];
    await makeReleased(old, version);
    expect(layoutOf(await openDatabase(old))).toEqual(layoutOf(await openDatabase(fresh)));
  });
}

test("an open connection gives way to a newer build's upgrade", async () => {
  const name = freshName();
  let lost = 0;
  await openDatabase(name, { onLost: () => lost++ });
  const newer = await openDatabase(name, { version: migrations.length + 1 });
  expect(newer.version).toBe(migrations.length + 1);
  expect(lost).toBe(1);
});
