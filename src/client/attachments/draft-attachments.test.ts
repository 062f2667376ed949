import "fake-indexeddb/auto";
import { openDB } from "idb";
import { expect, test } from "vitest";
import { temporaryId } from "../../protocol/temporary-conversation.ts";
import { DraftAttachments } from "./draft-attachments.ts";

const FILE = { name: "a.txt", text: "One" };

test("the files of a draft are there at the next visit, until they are removed", async () => {
  await new DraftAttachments("one").write("c", [FILE, FILE]);
  const drafts = new DraftAttachments("one");
  expect(await drafts.read("c")).toEqual([FILE, FILE]);
  expect(await drafts.read("other")).toEqual([]);
  void drafts.write("c", [FILE]);
  await drafts.write("c", []);
  expect(await drafts.read("c")).toEqual([]);
});

test("what the page would not have written is left out", async () => {
  await new DraftAttachments("two").write("c", [FILE]);
  const db = await openDB("two", 1);
  await db.put("attachments", [FILE, null, { name: 1 }], "c");
  await db.put("attachments", "text", "d");
  db.close();
  const drafts = new DraftAttachments("two");
  expect(await drafts.read("c")).toEqual([FILE]);
  expect(await drafts.read("d")).toEqual([]);
});

test("no more drafts are kept than a person writes, and one that is kept can be changed", async () => {
  const drafts = new DraftAttachments("three");
  for (let i = 0; i < 60; i++) await drafts.write(String(i), [FILE]);
  expect(await drafts.read("49")).toEqual([FILE]);
  expect(await drafts.read("50")).toEqual([]);
  await drafts.write("49", [FILE, FILE]);
  expect(await drafts.read("49")).toHaveLength(2);
});

test("of a temporary conversation nothing is kept", async () => {
  const drafts = new DraftAttachments("five");
  const key = temporaryId("t");
  await drafts.write(key, [FILE]);
  expect(await drafts.giveBack(key, [FILE])).toBe(true);
  expect(await drafts.read(key)).toEqual([]);
  const db = await openDB("five", 1, {
    upgrade: (made) => void made.createObjectStore("attachments"),
  });
  expect(await db.count("attachments")).toBe(0);
  db.close();
});

test("files that come back stand before those that were attached since, and are told of", async () => {
  const drafts = new DraftAttachments("four");
  const other = { name: "b.txt", text: "Two" };
  await drafts.write("c", [other]);
  const told: unknown[] = [];
  const end = drafts.listenToReturns((key, files) => told.push(key, files));
  expect(await drafts.giveBack("c", [FILE])).toBe(true);
  end();
  await drafts.giveBack("d", [FILE]);
  expect(await drafts.read("c")).toEqual([FILE, other]);
  expect(told).toEqual(["c", [FILE]]);
});
