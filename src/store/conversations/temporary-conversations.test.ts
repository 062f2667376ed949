import { describe, expect, test } from "vitest";
import { temporaryId } from "../../protocol/temporary-conversation.ts";
import { conversationStoreConformance } from "./conversation-store.conformance.ts";
import { memoryConversationStore } from "./memory-conversation-store.ts";
import { TemporaryConversations } from "./temporary-conversations.ts";

describe("for other conversations it is the store that it was given", () => {
  conversationStoreConformance(
    (now) => new TemporaryConversations(memoryConversationStore(now), now),
  );
});

test("a temporary conversation is there by its id only, and never reaches the other store", async () => {
  const kept = memoryConversationStore();
  const store = new TemporaryConversations(kept);
  const conversationId = temporaryId("a");
  const asked = { id: "m1", conversationId, parentId: null, role: "user", text: "Hi" } as const;
  await store.appendMessage({ ...asked, status: "complete" });
  const answer = { ...asked, id: "m2", parentId: "m1", role: "assistant", text: "" } as const;
  await store.appendMessage({ ...answer, status: "streaming" });
  await store.updateMessage("m2", { text: "Ho", status: "complete" });
  await store.setHead(conversationId, "m1");
  expect(await store.messages(conversationId)).toMatchObject([{ text: "Ho" }, { text: "Hi" }]);
  expect(await store.conversations()).toEqual([]);
  expect(await kept.conversations()).toEqual([]);
  expect(await kept.messages(conversationId)).toEqual([]);
  expect(await store.temporaryText.messages(conversationId)).toHaveLength(2);
  await store.deleteConversation(conversationId);
  expect(await store.messages(conversationId)).toEqual([]);
});
