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

/** What every `ConversationStore` must do with a person's changes, deletions that can be taken back among them. */
export function changedConversationsConformance(
  open: (now?: () => number) => Promise<ConversationStore> | ConversationStore,
): void {
  test("a person's name for a conversation stays, on one line, and a blank one is none", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    const [before] = await store.conversations();
    await store.changeConversation("a", { title: "  My\n talk " });
    await store.changeConversation("a", { title: " " });
    await store.changeConversation("never there", { title: "x" });
    const named = { ...before, title: "My talk", isRenamed: true };
    expect(await store.conversations()).toEqual([named]);
    await store.appendMessage(message("m2", { parentId: "m1", text: "another" }));
    expect(await store.conversations()).toMatchObject([{ title: "My talk", isRenamed: true }]);
    await store.changeConversation("a", { title: "x".repeat(2000) });
    expect((await store.conversations())[0]?.title).toHaveLength(1000);
  });

  test("a conversation is pinned until that is taken back, and nothing else changes", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    const [before] = await store.conversations();
    await store.changeConversation("a", { isPinned: true });
    expect(await store.conversations()).toEqual([{ ...before, isPinned: true }]);
    await store.changeConversation("a", {});
    expect(await store.conversations()).toEqual([{ ...before, isPinned: true }]);
    await store.changeConversation("a", { isPinned: false });
    expect(await store.conversations()).toEqual([before]);
  });

  test("a quality for an unknown conversation, or with an empty id, changes nothing", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    const before = await store.conversations();
    await store.setQuality("exact", "never there");
    await store.setQuality("exact", "");
    expect(await store.conversations()).toEqual(before);
    expect(await store.quality()).toBe("balanced");
  });

  test("settings are replaced as a whole, checked, and taken back by empty ones", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    const [before] = await store.conversations();
    const settings = { systemPrompt: "Be brief.", temperature: 0.2 };
    await store.changeConversation("a", { settings });
    expect(await store.conversations()).toEqual([{ ...before, settings }]);
    await store.changeConversation("a", { settings: { topP: 0.5, maxTokens: -1 } });
    expect(await store.conversations()).toEqual([{ ...before, settings: { topP: 0.5 } }]);
    await store.appendMessage(message("m2", { parentId: "m1" }));
    expect(await store.conversations()).toMatchObject([{ settings: { topP: 0.5 } }]);
    await store.changeConversation("a", { settings: {} });
    expect((await store.conversations())[0]).not.toHaveProperty("settings");
  });

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
