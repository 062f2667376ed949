import { expect, test } from "vitest";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { memoryConversationStore } from "../conversations/memory-conversation-store.ts";
import { CHATGPT_CONVERSATION, LLAMA_JSON, LLAMA_JSONL } from "./foreign-files-testing.ts";
import { foreignTree } from "./foreign-tree.ts";
import { importText } from "./import-text.ts";

async function imported(...texts: string[]) {
  const store = memoryConversationStore();
  const summary = await importText(store, new Blob(texts));
  const [conversation] = await store.conversations();
  const messages = await store.messages(conversation?.id ?? "");
  const textOf = (id: string | null) => messages.find((one) => one.id === id)?.text ?? null;
  const tree = messages.map(({ parentId, text }: MessageRecord) => [textOf(parentId), text]);
  return { summary, conversation, messages, tree };
}

test("a conversation of ChatGPT's has its branches, and a note for what is no text", async () => {
  const found = await imported(JSON.stringify([CHATGPT_CONVERSATION, { title: "?" }]));
  expect(found.summary).toEqual({ conversations: 1, messages: 3, unread: 1 });
  expect(found.conversation).toMatchObject({
    title: "Capital of France",
    createdAtMs: 1_700_000_000_500,
    updatedAtMs: 1_700_000_100_250,
  });
  const question = "[file: map.pdf]\n[image]\nWhere?";
  expect(found.tree).toEqual([
    [null, question],
    [question, "Lyon."],
    [question, "Paris."],
  ]);
  expect(found.messages[2]).toMatchObject({
    role: "assistant",
    status: "complete",
    reasoning: "Looking\n\nIt is on the Seine.",
    createdAtMs: 1_700_000_006_000,
  });
  expect(found.conversation?.headId).toBe(found.messages[2]?.id);
});

test.each([
  ["JSON", JSON.stringify(LLAMA_JSON, null, 2)],
  ["a list", JSON.stringify([LLAMA_JSON])],
  ["JSONL", LLAMA_JSONL],
])("a conversation of llama.cpp's in %s has its branches and attached texts", async (_, text) => {
  const found = await imported("\ufeff", text);
  expect(found.summary).toMatchObject({ conversations: 1, messages: 3 });
  expect(found.conversation).toMatchObject({ title: "Tides", updatedAtMs: 1_700_000_009_000 });
  const question =
    "notes.md\n\n````\n```\nmoon\n```\n````\n\n[image: sea.png]\n\nWhy are there tides?";
  expect(found.tree).toEqual([
    [null, question],
    [question, "The moon."],
    [question, "Moon and sun."],
  ]);
  expect(found.messages[1]).toMatchObject({ reasoning: "Gravity" });
});

test("names that every object has are nothing but names", async () => {
  const node = (parent: string | null, text: string) => ({
    parent,
    message: { author: { role: "user" }, content: { content_type: "text", parts: [text] } },
  });
  const mapping = {
    constructor: node(null, "a"),
    toString: node("constructor", "b"),
    x: node("__proto__", "c"),
    y: node("hasOwnProperty", "d"),
  };
  const text = JSON.stringify([{ mapping }]).replace('"x":', '"__proto__":');
  const { tree, conversation } = await imported(text);
  expect(tree).toHaveLength(4);
  expect(tree).toEqual(
    expect.arrayContaining([
      [null, "a"],
      ["a", "b"],
      [null, "c"],
      [null, "d"],
    ]),
  );
  expect(conversation?.title).toBe("a");
  expect(Object.prototype).not.toHaveProperty("message");
});

test("circles are cut open, and nodes that are no messages are passed over", () => {
  const message = { role: "user", text: "x" } as const;
  const node = (id: string, parentId: string, timeMs = 1) => ({ id, parentId, timeMs, message });
  const { messages } = foreignTree([
    node("a", "b"),
    node("b", "c"),
    { ...node("c", "a"), message: undefined },
    node("self", "self"),
    { ...node("u", "v"), message: undefined },
    { ...node("v", "u"), message: undefined },
    node("below", "u"),
    node("early", "late", 5),
    node("late", "", 9),
  ]);
  const parents = Object.fromEntries(messages.map(({ id, parentId }) => [id, parentId]));
  expect(parents).toEqual({ a: null, b: "a", self: null, below: null, early: "late", late: null });
  expect(messages.map(({ id }) => id).slice(-2)).toEqual(["late", "early"]);
});

test("a chain of a hundred thousand nodes takes no longer than as many apart", () => {
  const message = { role: "user", text: "x" } as const;
  const nodes = Array.from({ length: 100_000 }, (_, i) => ({
    id: String(i),
    parentId: String(i - 1),
    timeMs: undefined,
    message: i < 50_000 ? undefined : message,
  }));
  const below = nodes.map((node) => ({ ...node, id: `${node.id}b`, parentId: "49999", message }));
  const { messages } = foreignTree([...nodes.toReversed(), ...below]);
  expect(messages).toHaveLength(150_000);
  expect(messages.filter(({ parentId }) => parentId === null)).toHaveLength(100_001);
});
