import { expect, test } from "vitest";
import type { NewMessage } from "../../protocol/store-api.ts";
import type { ConversationStore } from "./conversation-store.ts";

const message = (id: string, fields: Partial<NewMessage> = {}): NewMessage => ({
  id,
  conversationId: "a",
  parentId: null,
  role: "user",
  text: `text of ${id}`,
  status: "complete",
  ...fields,
});

/** What every `ConversationStore` must do with what is deleted in a way that can be taken back. */
export function discardedConversationsConformance(
  open: (now?: () => number) => Promise<ConversationStore> | ConversationStore,
): void {
  test("what is discarded is nowhere, and is there again as it was when that is taken back", async () => {
    const store = await open(() => 1000);
    await store.appendMessage(message("m1"));
    await store.appendMessage(message("m2", { conversationId: "b" }));
    const before = await store.conversations();
    await store.discardConversations(["a", "b", "never there"]);
    expect(await store.conversations()).toEqual([]);
    expect(await store.messages("a")).toEqual([]);
    expect(await store.discarded()).toEqual([
      { id: "a", deletedAtMs: 1000 },
      { id: "b", deletedAtMs: 1000 },
    ]);
    await store.restoreConversations(["a", "b", "never there"]);
    expect(await store.conversations()).toEqual(before);
    expect(await store.messages("a")).toHaveLength(1);
    expect(await store.discarded()).toEqual([]);
  });

  test("what is said in a discarded conversation begins another one, and nothing old comes back", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.discardConversations(["a"]);
    await store.appendMessage(message("m2", { text: "anew" }));
    await store.restoreConversations(["a"]);
    expect((await store.messages("a")).map(({ id }) => id)).toEqual(["m2"]);
    expect(await store.conversations()).toMatchObject([{ title: "anew", headId: "m2" }]);
    await store.discardConversations(["a"]);
    await store.deleteConversation("a");
    expect(await store.discarded()).toEqual([]);
  });
}
