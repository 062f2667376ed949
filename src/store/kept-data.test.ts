import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { OBJECT_STORES, STORE_DATABASE } from "../protocol/kept-data.ts";
import { openDatabase } from "./database/open-database.ts";
import { DATABASE_NAME } from "./records/schema.ts";

test("whoever deletes one kind of data finds every object store", async () => {
  expect(STORE_DATABASE).toBe(DATABASE_NAME);
  const db = await openDatabase("kept-data");
  expect(Object.keys(OBJECT_STORES).sort()).toEqual([...db.objectStoreNames].sort());
  db.close();
});
