import "fake-indexeddb/auto";
import { unwrap } from "idb";
import { describe, expect, test, vi } from "vitest";
import { abortTransactions, loseConnection } from "../database/failing-database-testing.ts";
import { chunkStoreDamageConformance } from "./chunk-store-damage.conformance.ts";
import { chunkStoreSpaceConformance } from "./chunk-store-space.conformance.ts";
import { chunkStoreConformance, held, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { databaseConnection, openDatabase, type Database } from "../database/open-database.ts";
import { commitOf, findOf, hashOf, keyOf } from "./chunk-fixtures-testing.ts";
import { testChunkStore } from "./chunk-store-testing.ts";
import { recordBytes } from "../bytes/value-bytes.ts";

let databases = 0;
const freshName = () => `chunks-${++databases}`;

const storeOn = (connect: () => Promise<Database>, limits = {}) =>
  testChunkStore({ table: idbChunkTable(connect), bytes: recordBytes }, limits);

const open: OpenChunkStore = (limits) => storeOn(databaseConnection(freshName()), limits);

chunkStoreConformance(open);
chunkStoreDamageConformance(open);
chunkStoreSpaceConformance(open);

const storeAndDatabase = async () => {
  const db = await openDatabase(freshName());
  return { db, store: storeOn(() => Promise.resolve(db)) };
};

describe("a transaction that aborts at its end", () => {
  const next = () => commitOf("c", ["a", "ab"], { superseded: [hashOf("A")] });

  test("for want of space is tried once more, with room made", async () => {
    const { db, store } = await storeAndDatabase();
    await store.commit(commitOf("old", ["o", "oo"]));
    abortTransactions(db, "QuotaExceededError", 1);
    expect(await store.commit(next())).toEqual({ writtenBytes: 300, evictedBytes: 300 });
    expect(await held(store, ["o", "oo", "a", "ab"])).toEqual([false, false, true, true]);
  });

  test("for want of space, again, is quota-exceeded, with nothing half written", async () => {
    const { db, store } = await storeAndDatabase();
    await store.commit(commitOf("old", ["o", "oo", "ooo", "oooo"]));
    await store.commit(commitOf("c", ["A"]));
    abortTransactions(db, "QuotaExceededError", 2);
    await expect(store.commit(next())).rejects.toThrow("quota-exceeded");
    expect(await held(store, ["a", "ab", "A"])).toEqual([false, false, true]);
    expect(await store.commit(next())).toMatchObject({ writtenBytes: 300 });
  });

  test("for another reason is store-unavailable, and nothing is evicted", async () => {
    const { db, store } = await storeAndDatabase();
    await store.commit(commitOf("old", ["o"]));
    abortTransactions(db, "UnknownError");
    await expect(store.commit(next())).rejects.toThrow("store-unavailable");
    expect(await held(store, ["o", "a", "ab"])).toEqual([true, false, false]);
  });
});

test("KV is written with relaxed durability, a commit in one transaction", async () => {
  const { db, store } = await storeAndDatabase();
  const transaction = vi.spyOn(unwrap(db), "transaction");
  await store.commit(commitOf("c", ["a", "ab", "abC"]));
  expect(transaction.mock.calls.map(([, mode, options]) => [mode, options?.durability])).toEqual([
    ["readwrite", "relaxed"],
  ]);
});

test("finding keeps no value waiting: its note of the use has no part in the values", async () => {
  const { db, store } = await storeAndDatabase();
  await store.commit(commitOf("c", ["a"]));
  const transaction = vi.spyOn(unwrap(db), "transaction");
  await store.find(findOf("d", "a"));
  await store.usage();
  const scopes = transaction.mock.calls.map(([names, mode]) => ({ names, mode }));
  expect(scopes.map(({ mode }) => mode)).toContain("readwrite");
  for (const { names } of scopes) expect(names).not.toContain("kvChunks");
});

test.each(["DataError", "NotFoundError", "NotReadableError", "UnknownError"])(
  "a value that the browser cannot read (%s) takes its chunk with it",
  async (name) => {
    const { store } = await storeAndDatabase();
    await store.commit(commitOf("c", ["a", "ab"]));
    const blob = vi.spyOn(Blob.prototype, "arrayBuffer");
    blob.mockRejectedValueOnce(new DOMException("", name));
    expect(await store.read(keyOf("a"))).toBeUndefined();
    blob.mockRestore();
    expect(await held(store, ["a", "ab"])).toEqual([false, true]);
    const get = vi.spyOn(IDBObjectStore.prototype, "get").mockImplementationOnce(() => {
      throw new DOMException("", name);
    });
    expect(await store.read(keyOf("ab"))).toBeUndefined();
    get.mockRestore();
    expect(await held(store, ["ab"])).toEqual([false]);
  },
);

test("a connection that was lost is opened again, in the middle of a call too", async () => {
  const connect = databaseConnection(freshName());
  const store = storeOn(connect);
  await store.commit(commitOf("c", ["a"]));
  const lose = async () => loseConnection(await connect());
  await lose();
  expect(await held(store, ["a"])).toEqual([true]);
  const [summary] = await Promise.all([store.commit(commitOf("c", ["ab", "abc"])), lose()]);
  expect(summary).toMatchObject({ writtenBytes: 300 });
  expect(await held(store, ["a", "ab", "abc"])).toEqual([true, true, true]);
});

test("a failure of the storage itself is store-unavailable, a bug stays one", async () => {
  const failing = (error: Error) => storeOn(() => Promise.reject(error)).usage();
  await expect(failing(new DOMException("", "UnknownError"))).rejects.toThrow("store-unavailable");
  await expect(failing(new TypeError("oops"))).rejects.toThrow("oops");
});
