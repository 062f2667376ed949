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

type OpenStore = (now?: () => number) => Promise<ConversationStore> | ConversationStore;

/** What every `ConversationStore` must do. The test file of each implementation calls this. */
export function conversationStoreConformance(open: OpenStore): void {
  test("there is nothing at first", async () => {
    const store = await open();
    expect(await store.conversations()).toEqual([]);
    expect(await store.messages("a")).toEqual([]);
  });

  test("a first message makes its conversation, with a title and itself as the head", async () => {
    const store = await open(() => 1000);
    const added = await store.appendMessage(message("m1", { text: "Why is the sky blue?\n Now." }));
    expect(added).toEqual({
      id: "m1",
      conversationId: "a",
      parentId: null,
      role: "user",
      text: "Why is the sky blue?\n Now.",
      status: "complete",
      createdAtMs: 1000,
    });
    expect(await store.conversations()).toEqual([
      {
        id: "a",
        title: "Why is the sky blue?",
        createdAtMs: 1000,
        updatedAtMs: 1000,
        headId: "m1",
      },
    ]);
    expect(await store.messages("a")).toEqual([added]);
  });

  test("the message that begins a conversation brings its settings, and no later one does", async () => {
    const store = await open();
    const settings = { systemPrompt: "Be brief.", temperature: 0.2 };
    const added = await store.appendMessage(message("m1", { settings }));
    expect(added).not.toHaveProperty("settings");
    expect(await store.conversations()).toMatchObject([{ settings }]);
    const later = message("m2", { parentId: "m1", settings: { temperature: 1 } });
    await store.appendMessage(later);
    expect(await store.conversations()).toMatchObject([{ settings }]);
    expect((await store.messages("a"))[0]).not.toHaveProperty("settings");
  });

  test("the title stays that of the first user message", async () => {
    const store = await open();
    await store.appendMessage(message("m1", { role: "assistant", text: "Hello." }));
    expect(await store.conversations()).toMatchObject([{ title: "" }]);
    await store.appendMessage(message("m2", { parentId: "m1", text: "one" }));
    await store.appendMessage(message("m3", { parentId: "m1", text: "two" }));
    expect(await store.conversations()).toMatchObject([{ title: "one", headId: "m3" }]);
  });

  test("messages are oldest first, also within a millisecond or with the clock set back", async () => {
    const times = [2000, 2000, 2000, 1000, 2000];
    const store = await open(() => times.shift() ?? 0);
    const ids = ["e", "d", "c", "b", "a"];
    for (const id of ids) await store.appendMessage(message(id));
    const stored = await store.messages("a");
    expect(stored.map(({ id }) => id)).toEqual(ids);
    expect(stored.map(({ createdAtMs }) => createdAtMs)).toEqual([2000, 2001, 2002, 2003, 2004]);
  });

  test("a message is withdrawn with what follows it, and the conversation stays", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.appendMessage(message("m2", { parentId: "m1", role: "assistant" }));
    await store.appendMessage(message("m3", { parentId: "m2" }));
    await store.appendMessage(message("m4", { parentId: "m3", role: "assistant" }));
    await store.withdrawMessage("a", "m3");
    expect((await store.messages("a")).map(({ id }) => id)).toEqual(["m1", "m2"]);
    expect(await store.conversations()).toMatchObject([{ headId: "m2" }]);
    await store.withdrawMessage("a", "m3");
    await store.withdrawMessage("none", "m1");
    await store.withdrawMessage("a", "m1");
    expect(await store.messages("a")).toEqual([]);
    expect(await store.conversations()).toMatchObject([{ title: "text of m1", headId: null }]);
  });

  test("conversations are the most recently updated first, and keep their messages apart", async () => {
    let nowMs = 0;
    const store = await open(() => (nowMs += 10));
    await store.appendMessage(message("m1", { conversationId: "a" }));
    await store.appendMessage(message("m2", { conversationId: "b" }));
    await store.appendMessage(message("m3", { conversationId: "c" }));
    await store.appendMessage(message("m4", { conversationId: "a", parentId: "m1" }));
    expect((await store.conversations()).map(({ id }) => id)).toEqual(["a", "c", "b"]);
    expect((await store.messages("a")).map(({ id }) => id)).toEqual(["m1", "m4"]);
    expect(await store.conversations()).toContainEqual(
      expect.objectContaining({ id: "a", createdAtMs: 10, updatedAtMs: 40 }),
    );
  });

  test("an update changes what it names and nothing else", async () => {
    const store = await open();
    const added = await store.appendMessage(
      message("m1", { role: "assistant", text: "", status: "streaming" }),
    );
    await store.updateMessage("m1", { text: "Hel" });
    expect(await store.messages("a")).toEqual([{ ...added, text: "Hel" }]);
    const end = { text: "Hello", status: "complete", finishReason: "stop" } as const;
    const tokens = { tokenizer: "t", ids: [1, 2] };
    const before = await store.conversations();
    await store.updateMessage("m1", { ...end, tokens });
    expect(await store.messages("a")).toEqual([{ ...added, ...end, tokens }]);
    expect(await store.conversations()).toEqual(before);
  });

  test("a reply's reasoning is kept beside its text, as far as it has come", async () => {
    const store = await open();
    const added = await store.appendMessage(
      message("m1", { role: "assistant", text: "", status: "streaming" }),
    );
    await store.updateMessage("m1", { text: "", reasoning: "Hm" });
    expect(await store.messages("a")).toEqual([{ ...added, text: "", reasoning: "Hm" }]);
    const end = { text: "Moo", reasoning: "Hm.", reasoningMs: 1500 };
    const tokens = { tokenizer: "t", ids: [1], reasoningIds: [2] };
    await store.updateMessage("m1", { ...end, tokens });
    expect(await store.messages("a")).toEqual([{ ...added, ...end, tokens }]);
  });

  test("a reply's model stays as it was written with it", async () => {
    const store = await open();
    const added = await store.appendMessage(
      message("m1", { role: "assistant", text: "", status: "streaming" }),
    );
    const url = "https://x.example/m/";
    const model = { url, name: "M", quantization: "q4f16_1", revision: "abc", weightBytes: 5 };
    await store.updateMessage("m1", { text: "Mo", model });
    await store.updateMessage("m1", { text: "Moo", rereading: { tokens: 5, ms: 7 } });
    const rereading = { tokens: 5, ms: 7 };
    expect(await store.messages("a")).toEqual([{ ...added, text: "Moo", model, rereading }]);
  });

  test("a new text does not keep the tokens of the old one", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.updateMessage("m1", { text: "one", tokens: { tokenizer: "t", ids: [1] } });
    await store.updateMessage("m1", { status: "stopped" });
    expect((await store.messages("a"))[0]).toHaveProperty("tokens");
    await store.updateMessage("m1", { text: "two" });
    expect((await store.messages("a"))[0]).not.toHaveProperty("tokens");
  });

  test("deleting a conversation removes its messages and nothing else", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.appendMessage(message("m2", { parentId: "m1" }));
    await store.appendMessage(message("m3", { conversationId: "b" }));
    await store.deleteConversation("a");
    expect(await store.messages("a")).toEqual([]);
    expect((await store.conversations()).map(({ id }) => id)).toEqual(["b"]);
    expect((await store.messages("b")).map(({ id }) => id)).toEqual(["m3"]);
  });

  test("an update after the deletion does not bring a message back", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.deleteConversation("a");
    await store.updateMessage("m1", { text: "late" });
    await store.updateMessage("never there", { text: "late" });
    await store.deleteConversation("never there");
    expect(await store.messages("a")).toEqual([]);
    expect(await store.conversations()).toEqual([]);
  });

  test("adding a message twice is a bug, and changes nothing", async () => {
    const store = await open();
    await store.appendMessage(message("m1", { text: "first" }));
    const before = await store.conversations();
    await expect(store.appendMessage(message("m1", { text: "second" }))).rejects.toThrow();
    expect(await store.messages("a")).toMatchObject([{ text: "first" }]);
    expect(await store.conversations()).toEqual(before);
  });

  test("simultaneous writes all take effect", async () => {
    const store = await open();
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((id) => store.appendMessage(message(id))));
    const stored = await store.messages("a");
    expect(stored.map(({ id }) => id)).toEqual(ids);
    expect(new Set(stored.map(({ createdAtMs }) => createdAtMs)).size).toBe(ids.length);
  });

  test("what the caller does to its objects changes nothing stored", async () => {
    const store = await open();
    const ids = [1, 2];
    await store.appendMessage(message("m1"));
    await store.updateMessage("m1", { tokens: { tokenizer: "t", ids } });
    ids.push(3);
    const [read] = await store.messages("a");
    if (read) read.text = "changed";
    expect(await store.messages("a")).toMatchObject([
      { text: "text of m1", tokens: { ids: [1, 2] } },
    ]);
  });

  test("the quality for all is balanced until another is chosen, and after that is taken back", async () => {
    const store = await open();
    expect(await store.quality()).toBe("balanced");
    await store.setQuality("exact");
    expect(await store.quality()).toBe("exact");
    await store.setQuality("compact");
    expect(await store.quality()).toBe("compact");
    await store.setQuality(undefined);
    expect(await store.quality()).toBe("balanced");
  });

  test("a conversation's own quality is its record's, and nothing else changes", async () => {
    let nowMs = 0;
    const store = await open(() => (nowMs += 10));
    await store.appendMessage(message("m1", { conversationId: "a" }));
    await store.appendMessage(message("m2", { conversationId: "b" }));
    const [b, a] = await store.conversations();
    await store.setQuality("exact", "a");
    expect(await store.conversations()).toEqual([b, { ...a, quality: "exact" }]);
    expect(await store.quality()).toBe("balanced");
    await store.setQuality("compact", "a");
    expect(await store.conversations()).toEqual([b, { ...a, quality: "compact" }]);
    await store.setQuality(undefined, "a");
    expect(await store.conversations()).toEqual([b, a]);
  });

  test("another branch is shown: its head comes last, and the next message follows what it names", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.appendMessage(message("m2", { parentId: "m1" }));
    await store.appendMessage(message("m3", { parentId: "m1" }));
    const ids = async () => (await store.messages("a")).map(({ id }) => id);
    const [before] = await store.conversations();
    await store.setHead("a", "m2");
    expect(await ids()).toEqual(["m1", "m3", "m2"]);
    expect(await store.conversations()).toEqual([{ ...before, headId: "m2" }]);
    await store.appendMessage(message("m4", { parentId: "m2" }));
    expect(await ids()).toEqual(["m1", "m2", "m3", "m4"]);
  });

  test("a head that is not there, or is another conversation's, is not taken", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.appendMessage(message("m2", { conversationId: "b" }));
    const before = await store.conversations();
    await store.setHead("a", "gone");
    await store.setHead("a", "m2");
    await store.setHead("never there", "m1");
    expect(await store.conversations()).toEqual(before);
  });

  test("a conversation that is added whole is as if it had been held here", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    const conversation = { id: "b", title: "B", createdAtMs: 1, updatedAtMs: 2, headId: "n2" };
    const added = [
      { ...message("n1", { conversationId: "b" }), createdAtMs: 1 },
      { ...message("n2", { conversationId: "b", parentId: "n1" }), createdAtMs: 2 },
    ];
    await store.addConversations([
      { conversation, messages: added },
      { conversation: { ...conversation, id: "c", headId: null }, messages: [] },
    ]);
    expect(await store.messages("b")).toEqual(added);
    expect(await store.conversations()).toContainEqual(conversation);
    expect(await store.conversations()).toHaveLength(3);
    expect(await store.messages("a")).toHaveLength(1);
  });

  test("a conversation keeps its quality when it grows, and takes it along when it is deleted", async () => {
    const store = await open();
    await store.appendMessage(message("m1"));
    await store.setQuality("exact", "a");
    await store.appendMessage(message("m2", { parentId: "m1" }));
    expect(await store.conversations()).toMatchObject([{ headId: "m2", quality: "exact" }]);
    await store.deleteConversation("a");
    await store.appendMessage(message("m3"));
    expect((await store.conversations())[0]).not.toHaveProperty("quality");
  });
}
