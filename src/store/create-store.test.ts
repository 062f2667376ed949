import "fake-indexeddb/auto";
import * as Comlink from "comlink";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LEARNED_RECORDS, type KvStoreApi } from "../protocol/kv-store-api.ts";
import type { StoreApi } from "../protocol/store-api.ts";
import { createStore } from "./create-store.ts";
import { openDatabase } from "./database/open-database.ts";
import { abortNextAdd } from "./database/failing-database-testing.ts";
import { SCHEMA_VERSION } from "./records/schema.ts";
import { commitOf, contentOf, findOf, keyOf } from "./chunks/chunk-fixtures-testing.ts";
import { readOver } from "./chunks/chunk-store-testing.ts";

afterEach(() => vi.restoreAllMocks());

let databases = 0;
const freshName = () => `store-${++databases}`;
const openStore = (databaseName = freshName()) => createStore({ databaseName });

const message = {
  id: "m1",
  conversationId: "c",
  parentId: null,
  role: "user",
  text: "Hi",
  status: "complete",
} as const;

const ports: MessagePort[] = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

/** The store as the engine worker sees it. */
async function kvOf(store: StoreApi): Promise<KvStoreApi> {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  await store.serveKv(port1);
  return Comlink.wrap<KvStoreApi>(port2);
}

function blockIndexedDb(): void {
  vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("denied", "SecurityError");
  });
}

const done = { ok: true, value: undefined };

describe("text", () => {
  test("what was stored is there for the next worker", async () => {
    const name = freshName();
    expect(await openStore(name).appendMessage(message)).toMatchObject({ ok: true });
    const next = openStore(name);
    const stored = { ok: true, value: [{ id: "m1", text: "Hi" }] };
    expect(await next.messages("c")).toMatchObject(stored);
    expect(await next.deleteConversation("c")).toEqual(done);
    expect(await next.conversations()).toEqual({ ok: true, value: [] });
  });

  test("that finds no room takes it from KV, and only where there is none it fails", async () => {
    const store = openStore();
    const kv = await kvOf(store);
    await store.appendMessage(message);
    await kv.commit(commitOf("c", ["a"]));
    abortNextAdd("QuotaExceededError");
    expect(await store.appendMessage({ ...message, id: "m2", parentId: "m1" })).toMatchObject({
      ok: true,
    });
    expect(await store.usage()).toMatchObject({ ok: true, value: { kvBytes: 0 } });
    abortNextAdd("QuotaExceededError");
    expect(await store.appendMessage({ ...message, id: "m3", parentId: "m2" })).toEqual({
      ok: false,
      failure: { code: "quota-exceeded" },
    });
  });

  test("a quality is kept for the next worker, for all and for one", async () => {
    const name = freshName();
    const store = openStore(name);
    await store.appendMessage(message);
    expect(await store.quality()).toEqual({ ok: true, value: "balanced" });
    expect(await store.setQuality("compact")).toEqual(done);
    expect(await store.setQuality("exact", "c")).toEqual(done);
    const next = openStore(name);
    expect(await next.quality()).toEqual({ ok: true, value: "compact" });
    expect(await next.conversations()).toMatchObject({ value: [{ id: "c", quality: "exact" }] });
  });

  test("where IndexedDB is blocked, the store works in memory", async () => {
    blockIndexedDb();
    const store = openStore();
    await store.appendMessage(message);
    await store.updateMessage("m1", { text: "Hi there" });
    expect(await store.messages("c")).toMatchObject({ ok: true, value: [{ text: "Hi there" }] });
  });

  test("a newer build's database is not hidden behind an empty memory", async () => {
    const name = freshName();
    (await openDatabase(name, { version: SCHEMA_VERSION + 1 })).close();
    expect(await openStore(name).conversations()).toMatchObject({
      ok: false,
      failure: { code: "outdated" },
    });
  });

  test("a newer build gets the database when the page lets go, and then every call says so", async () => {
    const name = freshName();
    const store = openStore(name);
    await store.appendMessage(message);
    const kv = await kvOf(store);
    const phases: string[] = [];
    await store.subscribe((phase) => phases.push(phase));
    const upgraded = openDatabase(name, { version: SCHEMA_VERSION + 1 });
    await vi.waitFor(() => expect(phases).toEqual(["current", "leaving"]));
    await store.updateMessage("m1", { text: "whole" });
    await store.letGo();
    expect(await (await upgraded).get("messages", "m1")).toMatchObject({ text: "whole" });
    expect(phases.at(-1)).toBe("outdated");
    const outdated = { ok: false, failure: { code: "outdated" } };
    expect(await store.appendMessage({ ...message, id: "m2" })).toEqual(outdated);
    expect(await store.usage()).toEqual(outdated);
    expect(await kv.find(findOf("c", "a"))).toEqual(outdated);
    expect(await kv.deviceRecord("gpu")).toEqual(outdated);
  });

  test("a failure crosses as data", async () => {
    const store = openStore();
    await store.appendMessage(message);
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(() => {
      throw new DOMException("closed", "InvalidStateError");
    });
    expect(await store.updateMessage("m1", { text: "" })).toEqual({
      ok: false,
      failure: { code: "store-unavailable", message: "InvalidStateError: closed" },
    });
  });
});

describe("KV, over a port", () => {
  test("what the engine commits it finds and reads", async () => {
    const kv = await kvOf(openStore());
    const summary = { writtenBytes: 300, evictedBytes: 0 };
    expect(await kv.commit(commitOf("c", ["a", "aB"]))).toEqual({ ok: true, value: summary });
    expect(await kv.find(findOf("c", "a"))).toMatchObject({
      ok: true,
      value: { full: [{ tokens: 64 }], partial: [{ tokens: 32 }] },
    });
    const value = contentOf("a", 1, 50);
    expect(await readOver(kv, keyOf("a", 1))).toEqual({ ok: true, value });
    expect(await readOver(kv, keyOf("x"))).toEqual(done);
  });

  test("several engines may be served, as after one's death", async () => {
    const store = openStore();
    const [first, second] = [await kvOf(store), await kvOf(store)];
    await first.commit(commitOf("c", ["a"]));
    expect(await readOver(second, keyOf("a"))).toMatchObject({ ok: true });
  });

  test("a device record is kept for the next worker, also when KV is cleared", async () => {
    const name = freshName();
    const store = openStore(name);
    const kv = await kvOf(store);
    expect(await kv.deviceRecord("gpu")).toEqual(done);
    expect(await kv.putDeviceRecord("gpu", { msPerToken: 2 })).toEqual(done);
    await store.clearKv();
    const next = await kvOf(openStore(name));
    expect(await next.deviceRecord("gpu")).toEqual({ ok: true, value: { msPerToken: 2 } });
  });

  test("what was learned from what is chatted goes when KV is cleared", async () => {
    const name = freshName();
    const store = openStore(name);
    const kv = await kvOf(store);
    const learned = LEARNED_RECORDS.map((beginning) => `${beginning}a model`);
    for (const record of learned) await kv.putDeviceRecord(record, Uint8Array.of(1));
    expect(await kv.hasDeviceRecord("learned, a model")).toEqual({ ok: true, value: true });
    await store.clearKv();
    const next = await kvOf(openStore(name));
    for (const record of learned)
      expect(await next.hasDeviceRecord(record)).toEqual({ ok: true, value: false });
  });

  test("where IndexedDB is blocked, a device record is kept in memory", async () => {
    blockIndexedDb();
    const store = openStore();
    await (await kvOf(store)).putDeviceRecord("gpu", 1);
    expect(await (await kvOf(store)).deviceRecord("gpu")).toEqual({ ok: true, value: 1 });
  });

  test("a failure crosses as data", async () => {
    const kv = await kvOf(openStore());
    await kv.find(findOf("c", "a"));
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const quotaExceeded = { ok: false, failure: { code: "quota-exceeded" } };
    expect(await kv.commit(commitOf("c", ["a"]))).toEqual(quotaExceeded);
    expect(await readOver(kv, keyOf("a"))).toEqual(quotaExceeded);
    expect(await kv.putDeviceRecord("gpu", 1)).toEqual(quotaExceeded);
    expect(await kv.deviceRecord("gpu")).toEqual(quotaExceeded);
  });
});

describe("space", () => {
  const withKv = async (databaseName = freshName()) => {
    const store = openStore(databaseName);
    await store.appendMessage(message);
    const kv = await kvOf(store);
    await kv.commit(commitOf("c", ["a", "ab"]));
    return { store, kv };
  };

  test("usage says what is kept, where, and within what", async () => {
    vi.stubGlobal("navigator", {
      storage: { estimate: () => Promise.resolve({ quota: 10_000, usage: 10 }) },
    });
    const { store } = await withKv();
    expect(await store.usage()).toEqual({
      ok: true,
      value: {
        mode: { kind: "persistent" },
        kvBytes: 300,
        conversations: [{ conversationId: "c", ownBytes: 300, sharedBytes: 0, shares: [] }],
        limitBytes: 2000,
        quotaBytes: 10_000,
        originBytes: 10,
      },
    });
    vi.unstubAllGlobals();
  });

  test("the engine is told how much room there is", async () => {
    const { store, kv } = await withKv();
    await store.setLimit(1000);
    expect(await kv.room()).toEqual({ ok: true, value: { usedBytes: 300, limitBytes: 1000 } });
  });

  test("in memory KV is kept too, up to 256 MiB, and usage says why", async () => {
    blockIndexedDb();
    const { store, kv } = await withKv();
    expect(await readOver(kv, keyOf("a"))).toMatchObject({
      ok: true,
      value: contentOf("a", 0, 100),
    });
    await store.setLimit(2 ** 40);
    expect(await store.usage()).toMatchObject({
      ok: true,
      value: {
        mode: { kind: "memory", reason: "SecurityError: denied" },
        kvBytes: 300,
        limitBytes: 256 * 2 ** 20,
      },
    });
    await store.deleteConversation("c");
    expect(await store.usage()).toMatchObject({ ok: true, value: { kvBytes: 0 } });
  });

  test("a limit is kept for the next worker, and clearing leaves the text", async () => {
    const name = freshName();
    const { store } = await withKv(name);
    expect(await store.setLimit(150)).toEqual(done);
    const next = openStore(name);
    expect(await next.usage()).toMatchObject({ value: { kvBytes: 150, limitBytes: 150 } });
    expect(await next.clearKv()).toEqual(done);
    expect(await next.usage()).toMatchObject({ value: { kvBytes: 0, limitBytes: 150 } });
    expect(await next.messages("c")).toMatchObject({ ok: true, value: [{ id: "m1" }] });
  });

  test("a part of a conversation becomes one of its own, with nothing of the old one's KV taken", async () => {
    const { store } = await withKv();
    const title = "Part";
    const forked = await store.forkConversation({ conversationId: "c", messageId: "m1", title });
    const id = forked.ok ? (forked.value ?? "") : "";
    expect(await store.conversations()).toMatchObject({
      value: expect.arrayContaining([expect.objectContaining({ id, title })]) as unknown,
    });
    expect(await store.messages(id)).toMatchObject({ ok: true, value: [{ parentId: null }] });
    expect(await store.usage()).toMatchObject({ value: { kvBytes: 300 } });
    for (const request of [
      { conversationId: "c", messageId: "gone", title },
      { conversationId: "gone", messageId: "m1", title },
    ])
      expect(await store.forkConversation(request)).toEqual({ ok: true, value: null });
  });

  test("a deleted conversation's KV goes with it", async () => {
    const { store, kv } = await withKv();
    expect(await store.deleteConversation("c")).toEqual(done);
    expect(await store.usage()).toMatchObject({ value: { kvBytes: 0, conversations: [] } });
    expect(await readOver(kv, keyOf("a"))).toEqual(done);
  });

  test("KV that was written after its conversation was deleted goes at the next start", async () => {
    const name = freshName();
    const { kv } = await withKv(name);
    await kv.commit(commitOf("deleted", ["a", "x"]));
    const next = openStore(name);
    const conversations = [{ conversationId: "c", ownBytes: 300, sharedBytes: 0 }];
    await vi.waitFor(async () => {
      expect(await next.usage()).toMatchObject({ value: { kvBytes: 300, conversations } });
    });
    expect(await readOver(await kvOf(next), keyOf("ab"))).toMatchObject({
      value: contentOf("ab", 0, 100),
    });
  });

  test("without OPFS, what was to lie there lies in the database", async () => {
    const store = createStore({ databaseName: freshName(), kvBytes: "opfs" });
    const kv = await kvOf(store);
    await kv.commit(commitOf("c", ["a"]));
    expect(await readOver(kv, keyOf("a"))).toMatchObject({ value: contentOf("a", 0, 100) });
  });
});
