import "fake-indexeddb/auto";
import { unwrap } from "idb";
import { expect, test, vi } from "vitest";
import { abortTransactions } from "../database/failing-database-testing.ts";
import { idbDeviceRecordStore } from "./idb-device-record-store.ts";
import { databaseConnection, openDatabase } from "../database/open-database.ts";
import { deviceRecordStoreConformance } from "./device-record-store.conformance.ts";

let databases = 0;
const freshName = () => `device-records-${++databases}`;

deviceRecordStoreConformance(() => idbDeviceRecordStore(databaseConnection(freshName())));

const storeAndDatabase = async () => {
  const db = await openDatabase(freshName());
  return { db, store: idbDeviceRecordStore(() => Promise.resolve(db)) };
};

test("what was kept is there for the next connection", async () => {
  const name = freshName();
  await idbDeviceRecordStore(databaseConnection(name)).putDeviceRecord("a", 1);
  expect(await idbDeviceRecordStore(databaseConnection(name)).deviceRecord("a")).toBe(1);
});

test("a full disk is quota-exceeded, and what was kept before stays", async () => {
  const { db, store } = await storeAndDatabase();
  await store.putDeviceRecord("a", 1);
  abortTransactions(db, "QuotaExceededError", 1);
  await expect(store.putDeviceRecord("a", 2)).rejects.toThrow("quota-exceeded");
  expect(await store.deviceRecord("a")).toBe(1);
  await store.putDeviceRecord("a", 3);
  expect(await store.deviceRecord("a")).toBe(3);
});

test("a failure of the storage itself is store-unavailable, a bug stays one", async () => {
  const failing = (error: Error) =>
    idbDeviceRecordStore(() => Promise.reject(error)).deviceRecord("a");
  await expect(failing(new DOMException("", "UnknownError"))).rejects.toThrow("store-unavailable");
  await expect(failing(new TypeError("oops"))).rejects.toThrow("oops");
});

test("device records are written with relaxed durability", async () => {
  const { db, store } = await storeAndDatabase();
  const transaction = vi.spyOn(unwrap(db), "transaction");
  await store.putDeviceRecord("a", 1);
  const [[, mode, options] = []] = transaction.mock.calls;
  expect([mode, options?.durability]).toEqual(["readwrite", "relaxed"]);
});
