import { deleteDB } from "idb";
import { afterEach, describe, expect, test } from "vitest";
import { EngineError } from "../../shared/engine-error.ts";
import { withQuota } from "../space/quota-testing.ts";
import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { changedConversationsConformance } from "./changed-conversations.conformance.ts";
import { idbConversationStore } from "./idb-conversation-store.ts";
import { databaseConnection } from "../database/open-database.ts";

const opened: string[] = [];

function freshStore(now?: () => number) {
  const name = `conversations-${crypto.randomUUID()}`;
  opened.push(name);
  return idbConversationStore(databaseConnection(name), now);
}

afterEach(() => Promise.all(opened.splice(0).map((name) => deleteDB(name))));

const message = (id: string) =>
  ({
    id,
    conversationId: "c",
    parentId: null,
    role: "user",
    text: "small",
    status: "complete",
  }) as const;

/** Text that does not compress, as Chromium compresses what it stores. */
function incompressible(length: number): string {
  const block = () => crypto.getRandomValues(new Uint16Array(2 ** 15));
  const blocks = Array.from({ length: length / 2 ** 15 }, () => String.fromCharCode(...block()));
  return blocks.join("");
}

describe("on a full disk", () => {
  const quota = 2 ** 20;
  withQuota(quota);

  test("a message that does not fit is quota-exceeded, and changed nothing", async () => {
    const store = freshStore();
    await store.appendMessage(message("small"));
    const before = await store.conversations();
    const big = { ...message("big"), text: incompressible(2 * quota) };
    const error = await store.appendMessage(big).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).failure).toEqual({ code: "quota-exceeded" });
    expect(await store.conversations()).toEqual(before);
    expect(await store.messages("c")).toMatchObject([{ id: "small" }]);
  });
});

conversationStoreConformance(freshStore);
changedConversationsConformance(freshStore);
