import "fake-indexeddb/auto";
import { unwrap } from "idb";
import { describe, expect, test, vi } from "vitest";
import { EngineError } from "../../shared/engine-error.ts";
import { abortTransactions, loseConnection } from "../database/failing-database-testing.ts";
import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { changedConversationsConformance } from "./changed-conversations.conformance.ts";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { databaseConnection, openDatabase } from "../database/open-database.ts";

let databases = 0;
const freshName = () => `conversations-${++databases}`;

conversationStoreConformance((now) => idbConversationStore(databaseConnection(freshName()), now));
changedConversationsConformance((now) =>
  idbConversationStore(databaseConnection(freshName()), now),
);

const message = (id: string) =>
  ({
    id,
    conversationId: "c",
    parentId: null,
    role: "user",
    text: "Hi",
    status: "complete",
  }) as const;

const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  const error = await call.catch((e: unknown) => e);
  return error instanceof EngineError ? error.failure : error;
};

describe("an aborted transaction", () => {
  async function storeThatAborts(reason: string) {
    const name = freshName();
    const whole = idbConversationStore(databaseConnection(name));
    await whole.appendMessage(message("m1"));
    const db = await openDatabase(name);
    abortTransactions(db, reason);
    return { whole, failing: idbConversationStore(() => Promise.resolve(db)) };
  }

  test("for want of space is quota-exceeded, and changed nothing", async () => {
    const { whole, failing } = await storeThatAborts("QuotaExceededError");
    const before = await whole.conversations();
    expect(await failureOf(failing.appendMessage(message("m2")))).toEqual({
      code: "quota-exceeded",
    });
    expect(await failureOf(failing.updateMessage("m1", { text: "more" }))).toEqual({
      code: "quota-exceeded",
    });
    expect(await whole.conversations()).toEqual(before);
    expect(await whole.messages("c")).toMatchObject([{ id: "m1", text: "Hi" }]);
  });

  test("for another reason is store-unavailable", async () => {
    const { failing } = await storeThatAborts("UnknownError");
    expect(await failureOf(failing.appendMessage(message("m2")))).toMatchObject({
      code: "store-unavailable",
    });
  });
});

test("text is written with strict durability", async () => {
  const db = await openDatabase(freshName());
  const transaction = vi.spyOn(unwrap(db), "transaction");
  const store = idbConversationStore(() => Promise.resolve(db));
  await store.appendMessage(message("m1"));
  await store.updateMessage("m1", { text: "more" });
  await store.deleteConversation("c");
  expect(transaction.mock.calls.map(([, mode, options]) => [mode, options?.durability])).toEqual([
    ["readwrite", "strict"],
    ["readwrite", "strict"],
    ["readwrite", "strict"],
  ]);
});

test("a quality that only a later version knows is as if nobody chose, and is not lost", async () => {
  const db = await openDatabase(freshName());
  const store = idbConversationStore(() => Promise.resolve(db));
  await store.appendMessage(message("m1"));
  await db.put("settings", "lossless" as never, "quality");
  const record = await db.get("conversations", "c");
  await db.put("conversations", { ...record, quality: "lossless" } as never);
  expect(await store.quality()).toBe("balanced");
  expect((await store.conversations())[0]).not.toHaveProperty("quality");
  await store.appendMessage(message("m2"));
  expect(await db.get("conversations", "c")).toMatchObject({ headId: "m2", quality: "lossless" });
});

test("a quality for all leaves the limit beside it alone", async () => {
  const db = await openDatabase(freshName());
  const store = idbConversationStore(() => Promise.resolve(db));
  await db.put("settings", 1000, "kv-limit-bytes");
  await store.setQuality("exact");
  await store.setQuality(undefined);
  expect(await db.get("settings", "kv-limit-bytes")).toBe(1000);
});

test("a connection that was lost is opened again", async () => {
  const name = freshName();
  const connect = databaseConnection(name);
  const store = idbConversationStore(connect);
  await store.appendMessage(message("m1"));
  const first = await connect();
  loseConnection(first);
  expect(await store.messages("c")).toMatchObject([{ id: "m1" }]);
  expect(await connect()).not.toBe(first);
});

test("a bug is not called a failure of the storage", async () => {
  const bug = new TypeError("oops");
  const store = idbConversationStore(() => Promise.reject(bug));
  expect(await failureOf(store.conversations())).toBe(bug);
});
