import fc from "fast-check";
import { expect, test } from "vitest";
import type { NewMessage } from "../../protocol/store-api.ts";
import { memoryConversationStore } from "../conversations/memory-conversation-store.ts";
import { exportText } from "./export-text.ts";
import { importText } from "./import-text.ts";

const message = (id: string, fields: Partial<NewMessage> = {}): NewMessage => ({
  id,
  conversationId: "a",
  parentId: null,
  role: id.startsWith("q") ? "user" : "assistant",
  text: `text of ${id}`,
  status: "complete",
  ...fields,
});

async function filled() {
  let nowMs = 1000;
  const store = memoryConversationStore(() => (nowMs += 10));
  await store.appendMessage(message("q1"));
  await store.appendMessage(message("a1", { parentId: "q1" }));
  await store.appendMessage(message("a2", { parentId: "q1" }));
  await store.updateMessage("a1", {
    text: "Hello",
    tokens: { tokenizer: "t", ids: [1, 2] },
    context: { droppedMessages: 0, approximate: false },
  });
  await store.setQuality("exact", "a");
  await store.changeConversation("a", { title: "My own", isPinned: true });
  await store.setHead("a", "a1");
  await store.appendMessage(message("q2", { conversationId: "b", text: 'Quotes " and 漢字' }));
  return store;
}

/** Where nothing can be read, the file is refused. */
const ifRefused = (error: unknown) =>
  expect(error).toMatchObject({ failure: { code: "import-refused" } });

const fileOf = (content: unknown) => new Blob([JSON.stringify(content)]);

test("what was exported is imported whole, under ids of its own", async () => {
  const file = await exportText(await filled(), {}, 5);
  const store = memoryConversationStore();
  expect(await importText(store, file)).toEqual({
    conversations: 2,
    messages: 4,
    unread: 0,
  });
  const conversations = await store.conversations();
  expect(conversations.map(({ title }) => title)).toEqual(['Quotes " and 漢字', "My own"]);
  const marks = { isRenamed: true, isPinned: true };
  expect(conversations[1]).toMatchObject({ quality: "exact", createdAtMs: 1010, ...marks });
  const id = conversations[1]?.id ?? "";
  const messages = await store.messages(id);
  expect(messages.map(({ text }) => text)).toEqual(["text of q1", "text of a2", "Hello"]);
  const [question, other, shown] = messages;
  expect(shown).toMatchObject({
    parentId: question?.id,
    tokens: { tokenizer: "t", ids: [1, 2] },
    context: { droppedMessages: 0, approximate: false },
  });
  expect(other?.parentId).toBe(question?.id);
  expect(conversations[1]?.headId).toBe(shown?.id);
  for (const one of [id, ...messages.map((one) => one.id)]) expect(one.length).toBeGreaterThan(8);
});

test("the files of a message go along", async () => {
  const store = memoryConversationStore();
  const attachments = [{ name: "a.txt", text: "One" }];
  await store.appendMessage(message("q1", { attachments }));
  const imported = memoryConversationStore();
  await importText(imported, await exportText(store, {}, 5));
  const [conversation] = await imported.conversations();
  expect(await imported.messages(conversation?.id ?? "")).toMatchObject([{ attachments }]);
});

test("importing twice adds twice, and changes nothing that is there", async () => {
  const store = await filled();
  const before = await store.messages("a");
  const file = await exportText(store, {}, 5);
  await importText(store, file);
  await importText(store, file);
  expect(await store.conversations()).toHaveLength(6);
  expect(await store.messages("a")).toEqual(before);
});

test.each([
  ["", "not-exported"],
  ['{"format":"rekindle.conversations","version":1,"conversations":[{"a":', "damaged"],
  ['[{"mapping":{', "damaged"],
  ["PK\u0003\u0004", "archive"],
  ['[{"title":"of something else"}]', "not-exported"],
  ["hello", "not-exported"],
  ['{"format":"other","version":1,"conversations":[]}', "not-exported"],
  ['{"format":"rekindle.conversations","version":1}', "not-exported"],
  ['{"format":"rekindle.conversations","version":2,"conversations":[]}', "newer"],
  [
    `{"format":"rekindle.conversations","version":1,"conversations":[${"{},".repeat(20_001)}{}]}`,
    "too-large",
  ],
])("%.60s is refused: %s", async (text, why) => {
  const store = memoryConversationStore();
  await expect(importText(store, new Blob([text]))).rejects.toMatchObject({
    failure: { code: "import-refused", why },
  });
  expect(await store.conversations()).toEqual([]);
});

test("one conversation is exported alone", async () => {
  const file = await exportText(await filled(), { conversationId: "b" }, 5);
  const store = memoryConversationStore();
  expect(await importText(store, file)).toMatchObject({ conversations: 1, messages: 1 });
});

test("a file with its fields in another order is read too, and what cannot be read is counted", async () => {
  const exported = JSON.parse(await (await exportText(await filled(), {}, 5)).text()) as Record<
    string,
    unknown[]
  >;
  const conversations = [...(exported["conversations"] ?? []), 5, { conversation: {} }];
  for (const content of [
    { conversations, version: 1, format: "rekindle.conversations" },
    { format: "rekindle.conversations", version: 1, conversations },
  ]) {
    const store = memoryConversationStore();
    const summary = await importText(store, fileOf(content));
    expect(summary).toMatchObject({ conversations: 2, messages: 4 });
    expect(summary.unread).toBeGreaterThan(0);
  }
});

test("nothing that is imported is of the future", async () => {
  const far = 8e15;
  const conversation = { id: "a", title: "A", createdAtMs: far, updatedAtMs: far, headId: "m" };
  const messages = [{ ...message("m", { conversationId: "a" }), createdAtMs: far }];
  const store = memoryConversationStore();
  const file = fileOf({
    format: "rekindle.conversations",
    version: 1,
    conversations: [{ conversation, messages }],
  });
  await importText(store, file, { nowMs: 1000 });
  const [found] = await store.conversations();
  expect(found).toMatchObject({ createdAtMs: 1000, updatedAtMs: 1000 });
  expect(await store.messages(found?.id ?? "")).toMatchObject([{ createdAtMs: 1000 }]);
});

test("what is beyond the limits is refused as a whole, or left out if it is one text", async () => {
  const file = await exportText(await filled(), {}, 5);
  const limits = { conversations: 10, messages: 10, characters: 1000, text: 1000 };
  for (const less of [{ conversations: 1 }, { messages: 3 }, { characters: 20 }]) {
    const store = memoryConversationStore();
    const importing = importText(store, file, { limits: { ...limits, ...less } });
    await expect(importing).rejects.toMatchObject({ failure: { why: "too-large" } });
    expect(await store.conversations()).toEqual([]);
  }
  const store = memoryConversationStore();
  expect(await importText(store, file, { limits: { ...limits, text: 12 } })).toMatchObject({
    conversations: 1,
    unread: 1,
  });
});

test("a file that is too large is not read", async () => {
  const file = { size: 2e9, text: () => Promise.reject(new Error("was read")) } as unknown as Blob;
  await expect(importText(memoryConversationStore(), file)).rejects.toMatchObject({
    failure: { why: "too-large" },
  });
});

test("whatever a file holds, what comes of it are trees without circles", async () => {
  const anyId = fc.constantFrom("m0", "m1", "m2", "__proto__", "", 5, null);
  const anyMessage = fc.record({
    id: anyId,
    parentId: anyId,
    conversationId: fc.constantFrom("a", "b"),
    role: fc.constantFrom("user", "assistant", "system", 1),
    text: fc.oneof(fc.string(), fc.integer()),
    createdAtMs: fc.constantFrom(1, 2, 3, "x", -1),
  });
  const anyConversation = fc.record({
    conversation: fc.oneof(fc.constant({ id: "a", headId: "m1" }), fc.anything()),
    messages: fc.oneof(fc.array(fc.oneof(anyMessage, fc.anything())), fc.anything()),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyConversation), async (conversations) => {
      const store = memoryConversationStore();
      const file = fileOf({ format: "rekindle.conversations", version: 1, conversations });
      await importText(store, file).catch(ifRefused);
      for (const { id } of await store.conversations()) {
        const messages = await store.messages(id);
        const times = new Map(messages.map((one) => [one.id, one.createdAtMs]));
        for (const { parentId, createdAtMs } of messages)
          if (parentId !== null) expect(times.get(parentId)).toBeLessThan(createdAtMs);
      }
    }),
  );
});
