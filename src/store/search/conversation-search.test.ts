import { expect, test } from "vitest";
import type { MarkedText, NewMessage } from "../../protocol/store-api.ts";
import { memoryConversationStore } from "../conversations/memory-conversation-store.ts";
import { ConversationSearch } from "./conversation-search.ts";

async function searchIn(texts: Record<string, string>) {
  let nowMs = 0;
  const store = memoryConversationStore(() => ++nowMs);
  const add = (id: string, text: string, more: Partial<NewMessage> = {}) =>
    store.appendMessage({
      id,
      conversationId: id,
      parentId: null,
      role: "user",
      text,
      status: "complete",
      ...more,
    });
  for (const [id, text] of Object.entries(texts)) await add(id, text);
  const search = new ConversationSearch(store);
  const found = async (query: string) =>
    (await search.search(query)).map(({ conversationId }) => conversationId).sort();
  return { store, search, found, add };
}

const markedWords = (pieces: readonly MarkedText[]) =>
  pieces.filter(({ isMatch }) => isMatch).map(({ text }) => text);

test("words are found by their beginnings, with a letter wrong, and all of a query's", async () => {
  const { found } = await searchIn({
    a: "How do I prune apple trees in winter?",
    b: "A recipe for apple pie",
    c: "Sorting algorithms, explained",
  });
  expect(await found("apple")).toEqual(["a", "b"]);
  expect(await found("apple tre")).toEqual(["a"]);
  expect(await found("ALGORITM")).toEqual(["c"]);
  expect(await found("apple algorithms")).toEqual([]);
  expect(await found("zebra")).toEqual([]);
  expect(await found(" … ")).toEqual([]);
});

test("diacritics make no difference, on either side", async () => {
  const { found } = await searchIn({
    a: "Café près de l’Élysée",
    b: "Straße nach Łódź",
    c: "cafe",
  });
  expect(await found("elysee")).toEqual(["a"]);
  expect(await found("CAFÉ")).toEqual(["a", "c"]);
  expect(await found("strasse lodz")).toEqual(["b"]);
});

test("Chinese is found without spaces, and one character too", async () => {
  const { found, search } = await searchIn({
    a: "请告诉我北京的天气怎么样",
    b: "京剧的历史",
    c: "如何学习编程",
  });
  expect(await found("北京")).toEqual(["a"]);
  expect(await found("京")).toEqual(["a", "b"]);
  expect(await found("天气怎么样")).toEqual(["a"]);
  expect(await found("编程 学习")).toEqual(["c"]);
  const [hit] = await search.search("天气怎么样");
  expect(markedWords(hit?.snippet ?? [])).toEqual(["天气怎么样"]);
});

test("Japanese is found in each of its scripts", async () => {
  const { found } = await searchIn({
    a: "東京タワーの高さを教えてください",
    b: "京都のおすすめは？",
    c: "ﾌﾟﾛｸﾞﾗﾐﾝｸﾞ入門",
  });
  expect(await found("東京")).toEqual(["a"]);
  expect(await found("タワー")).toEqual(["a"]);
  expect(await found("教えて")).toEqual(["a"]);
  expect(await found("京")).toEqual(["a", "b"]);
});

test("Arabic is found with and without its article, its vowel marks and its letters' forms", async () => {
  const { found, search } = await searchIn({
    a: "قرأتُ الكِتابَ الجديد",
    b: "أفضل مدرسة في القاهرة",
    c: "وصفة للخبز",
  });
  expect(await found("كتاب")).toEqual(["a"]);
  expect(await found("الكتاب")).toEqual(["a"]);
  expect(await found("مدرسه القاهره")).toEqual(["b"]);
  expect(await found("افضل")).toEqual(["b"]);
  const [hit] = await search.search("كتاب");
  expect(markedWords(hit?.snippet ?? [])).toEqual(["الكِتابَ"]);
});

test("a hit names the message and shows what is around the match", async () => {
  const { search, add } = await searchIn({ a: "A question about gardens" });
  const text = `${"word ".repeat(40)}the roses\nneed water ${"word ".repeat(40)}`;
  await add("a2", text, { conversationId: "a", parentId: "a", role: "assistant" });
  const [hit] = await search.search("roses");
  expect(hit).toMatchObject({ conversationId: "a", messageId: "a2" });
  const shown = hit?.snippet.map(({ text: piece }) => piece).join("") ?? "";
  expect(shown).toMatch(/^… word .*the roses need water .*word …$/);
  expect(shown.length).toBeLessThan(170);
  expect(hit?.title).toEqual([{ text: "A question about gardens", isMatch: false }]);
});

test("the files of a message are found by their names and by what is in them", async () => {
  const { found, search, add } = await searchIn({ a: "What is this about?" });
  const attachments = [{ name: "harvest-2026.csv", text: "apples,12\nquinces,7\n" }];
  await add("b", "Add these up", { attachments });
  expect(await found("quinces")).toEqual(["b"]);
  expect(await found("harvest")).toEqual(["b"]);
  const [hit] = await search.search("quinces");
  expect(markedWords(hit?.snippet ?? [])).toEqual(["quinces"]);
});

test("a title is found, also one that no message has, and marked", async () => {
  const { store, search } = await searchIn({ a: "Something else" });
  await search.search("");
  await store.changeConversation("a", { title: "Holiday in Rome" });
  expect(await search.search("rome")).toEqual([
    {
      conversationId: "a",
      title: [
        { text: "Holiday in ", isMatch: false },
        { text: "Rome", isMatch: true },
      ],
      messageId: null,
      snippet: [],
    },
  ]);
});

test("CS1, CS2, CS3: what is written later is found, and what was written over is not", async () => {
  const { store, search, found, add } = await searchIn({ a: "First" });
  await search.search("");
  await add("a2", "", {
    conversationId: "a",
    parentId: "a",
    role: "assistant",
    status: "streaming",
  });
  await store.updateMessage("a2", { text: "about penguins" });
  expect(await found("penguins")).toEqual(["a"]);
  await store.updateMessage("a2", { text: "about walruses", status: "complete" });
  expect(await found("walruses")).toEqual(["a"]);
  expect(await found("penguins")).toEqual([]);
  await store.updateMessage("a2", { text: "about ostriches" });
  search.noteChange("a2");
  expect(await found("ostriches")).toEqual(["a"]);
});

test("what was deleted is not found, nor what was discarded, until it is brought back", async () => {
  const { store, found } = await searchIn({ a: "pears", b: "pears", c: "pears" });
  expect(await found("pears")).toEqual(["a", "b", "c"]);
  await store.deleteConversation("a");
  await store.discardConversations(["b"]);
  expect(await found("pears")).toEqual(["c"]);
  await store.restoreConversations(["b"]);
  expect(await found("pears")).toEqual(["b", "c"]);
});

test("a query and a text of any kind end soon", async () => {
  const hostile = [
    "\u0301".repeat(60_000),
    "漢".repeat(60_000),
    "\ud83d".repeat(1000),
    "a ".repeat(60_000),
  ];
  const { search } = await searchIn(Object.fromEntries(hostile.map((text, i) => [`m${i}`, text])));
  for (const query of hostile) expect((await search.search(query)).length).toBeLessThan(5);
});
