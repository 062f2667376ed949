import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { idbConversationStore } from "../conversations/idb-conversation-store.ts";
import { idbChunkTable } from "../chunks/idb-chunk-table.ts";
import { idbDeviceRecordStore } from "../device-records/idb-device-record-store.ts";
import { databaseConnection, openDatabase } from "./open-database.ts";
import { migrations, SCHEMA_VERSION } from "../records/schema.ts";
import { testChunkStore } from "../chunks/chunk-store-testing.ts";
import { recordBytes } from "../bytes/value-bytes.ts";

/**
 * What each released version has left in a browser. It was written down once, by hand, so that it does not change
 * when somebody edits a migration. Each new migration appends an entry; an entry is never edited.
 */
const released: readonly ((db: IDBDatabase) => void)[] = [version1, version2, version3];

function version1(db: IDBDatabase): void {
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
}

const FINGERPRINT = "f".repeat(32);
const PREFIX_HASH = "a".repeat(32);

function version2(db: IDBDatabase): void {
  version1(db);
  const meta = db.createObjectStore("kvMeta", { keyPath: ["fingerprint", "prefixHash"] });
  meta.createIndex("by-parent", ["fingerprint", "parentHash"]);
  meta.createIndex("by-owner", "owners", { multiEntry: true });
  meta.add({
    fingerprint: FINGERPRINT,
    prefixHash: PREFIX_HASH,
    parentHash: "0".repeat(32),
    startToken: 0,
    tokens: 64,
    full: true,
    groupBytes: [3, 2],
    owners: ["c"],
  });
  const chunks = db.createObjectStore("kvChunks");
  const value = (bytes: number[], checksum: string) => ({
    bytes: new Blob([Uint8Array.from(bytes)]),
    checksum,
  });
  chunks.add(value([1, 2, 3], "5c8e85edfba20391"), [FINGERPRINT, PREFIX_HASH, 0]);
  chunks.add(value([4, 5], "fb698948d72194dc"), [FINGERPRINT, PREFIX_HASH, 1]);
  const uses = db.createObjectStore("kvUse", { keyPath: ["conversationId", "fingerprint"] });
  uses.add({ conversationId: "c", fingerprint: FINGERPRINT, lastUsedMs: 3 });
  db.createObjectStore("settings").add(1000, "kv-limit-bytes");
}

function version3(db: IDBDatabase): void {
  version2(db);
  const profiles = db.createObjectStore("profiles", { autoIncrement: true });
  profiles.createIndex("by-name", "name", { unique: true });
  profiles.add({ name: "gpu", profile: { msPerToken: 2 } });
}

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
    const indexes = [...store.indexNames].map((index) => {
      const { keyPath, multiEntry, unique } = store.index(index);
      return { index, keyPath, multiEntry, unique };
    });
    return { name, keyPath: store.keyPath, autoIncrement: store.autoIncrement, indexes };
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

for (let version = 2; version <= SCHEMA_VERSION; version++)
  test(`version ${version}'s KV is found and read, within the limit that was set`, async () => {
    const name = freshName();
    await makeReleased(name, version);
    const store = testChunkStore({
      table: idbChunkTable(databaseConnection(name)),
      bytes: recordBytes,
    });
    const request = {
      conversationId: "c",
      fingerprint: FINGERPRINT,
      prefixHashes: [PREFIX_HASH],
      parentHashes: [PREFIX_HASH],
    };
    expect(await store.find(request)).toMatchObject({ full: [{ prefixHash: PREFIX_HASH }] });
    const key = { fingerprint: FINGERPRINT, prefixHash: PREFIX_HASH };
    expect(await store.read({ ...key, group: 0 })).toEqual(Uint8Array.of(1, 2, 3));
    expect(await store.read({ ...key, group: 1 })).toEqual(Uint8Array.of(4, 5));
    expect(await store.usage()).toMatchObject({ kvBytes: 5, limitBytes: 1000 });
    expect(await store.owners()).toEqual(["c"]);
  });

for (let version = 3; version <= SCHEMA_VERSION; version++)
  test(`version ${version}'s device records are there`, async () => {
    const name = freshName();
    await makeReleased(name, version);
    const store = idbDeviceRecordStore(databaseConnection(name));
    expect(await store.deviceRecord("gpu")).toEqual({ msPerToken: 2 });
  });

test("an open connection gives way to a newer build's upgrade", async () => {
  const name = freshName();
  let lost = 0;
  await openDatabase(name, { onLost: () => lost++ });
  const newer = await openDatabase(name, { version: migrations.length + 1 });
  expect(newer.version).toBe(migrations.length + 1);
  expect(lost).toBe(1);
});
