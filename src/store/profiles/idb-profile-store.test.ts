import "fake-indexeddb/auto";
import { unwrap } from "idb";
import { expect, test, vi } from "vitest";
import { abortTransactions } from "../database/abort-testing.ts";
import { idbProfileStore } from "./idb-profile-store.ts";
import { databaseConnection, openDatabase } from "../database/open-database.ts";
import { profileStoreConformance } from "./profile-store.conformance.ts";

let databases = 0;
const freshName = () => `profiles-${++databases}`;

profileStoreConformance(() => idbProfileStore(databaseConnection(freshName())));

const storeAndDatabase = async () => {
  const db = await openDatabase(freshName());
  return { db, store: idbProfileStore(() => Promise.resolve(db)) };
};

test("what was kept is there for the next connection", async () => {
  const name = freshName();
  await idbProfileStore(databaseConnection(name)).keepProfile("a", 1);
  expect(await idbProfileStore(databaseConnection(name)).profile("a")).toBe(1);
});

test("a full disk is quota-exceeded, and what was kept before stays", async () => {
  const { db, store } = await storeAndDatabase();
  await store.keepProfile("a", 1);
  abortTransactions(db, "QuotaExceededError", 1);
  await expect(store.keepProfile("a", 2)).rejects.toThrow("quota-exceeded");
  expect(await store.profile("a")).toBe(1);
  await store.keepProfile("a", 3);
  expect(await store.profile("a")).toBe(3);
});

test("a failure of the storage itself is store-unavailable, a bug stays one", async () => {
  const failing = (error: Error) => idbProfileStore(() => Promise.reject(error)).profile("a");
  await expect(failing(new DOMException("", "UnknownError"))).rejects.toThrow("store-unavailable");
  await expect(failing(new TypeError("oops"))).rejects.toThrow("oops");
});

test("profiles are written with relaxed durability", async () => {
  const { db, store } = await storeAndDatabase();
  const transaction = vi.spyOn(unwrap(db), "transaction");
  await store.keepProfile("a", 1);
  const [[, mode, options] = []] = transaction.mock.calls;
  expect([mode, options?.durability]).toEqual(["readwrite", "relaxed"]);
});
