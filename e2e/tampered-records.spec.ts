import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { conversationId } from "./pages/kv-chat.ts";
import { GREEDY } from "./pages/pip.ts";
import {
  PLAIN_PAGE,
  putRecords,
  storeFirstVersion,
  storedText,
  type AnyRecord,
  type StoredText,
} from "./pages/stored-records.ts";
import { test } from "./pages/kept-test.ts";

const TIMES = { createdAtMs: 1000, updatedAtMs: 1000 };
const conversation = (id: string, fields: object = {}): AnyRecord => ({
  store: "conversations",
  value: { id, title: id, ...TIMES, headId: null, ...fields },
});
const message = (id: string, conversationId: string, fields: object = {}): AnyRecord => ({
  store: "messages",
  value: {
    id,
    conversationId,
    parentId: null,
    role: "user",
    text: `Hello from ${id}!`,
    status: "complete",
    createdAtMs: 1000,
    ...fields,
  },
});

/** Records of an exchange that Pip remembers. */
const told = (id: string, reply: object = {}): AnyRecord[] => [
  conversation(id),
  message(`${id}-1`, id, { text: "My name is Ada." }),
  message(`${id}-2`, id, {
    parentId: `${id}-1`,
    role: "assistant",
    text: "Nice to meet you, Ada.",
    createdAtMs: 2000,
    ...reply,
  }),
];

const chain = (id: string, count: number): AnyRecord[] =>
  Array.from({ length: count }, (_, i) =>
    message(`${id}-${i}`, id, {
      parentId: i === 0 ? null : `${id}-${i - 1}`,
      role: i % 2 === 0 ? "user" : "assistant",
      createdAtMs: i,
    }),
  );

const GOOD: StoredText = {
  conversation: { id: "good", title: "good", ...TIMES, headId: "good-1" },
  messages: [
    {
      id: "good-1",
      conversationId: "good",
      parentId: null,
      role: "user",
      text: "Hello from good!",
      status: "complete",
      createdAtMs: 1000,
    },
  ],
};

/** Tokens that begin a message of the system and say something that the page does not show. */
const TAMPERED_TOKENS = (tokenizer: string) => ({
  tokens: { tokenizer, ids: [2, 1, 527, 100, 275, 300, 2047, 2, 1] },
});

const TEXT: AnyRecord[] = [
  ...told("plain"),
  conversation("circle", { updatedAtMs: "soon", title: { toString: 1 } }),
  message("circle-1", "circle", { parentId: "circle-2" }),
  message("circle-2", "circle", { parentId: "circle-1", createdAtMs: 2000 }),
  conversation("strange", { headId: "strange-2", updatedAtMs: null, quality: "best" }),
  message("strange-1", "strange", { role: "system", status: "signed", finishReason: 7 }),
  message("strange-2", "strange", {
    parentId: "strange-1",
    role: "assistant",
    createdAtMs: Number.NaN,
    context: { droppedMessages: "all" },
    tokens: "many",
  }),
  conversation("mixed", { headId: "plain-1" }),
  message("mixed-1", "mixed", { parentId: "plain-1", text: 5 }),
  message("mixed-2", "mixed", { parentId: "mixed-1", createdAtMs: 3000 }),
  conversation("huge", { title: "huge ".repeat(1_000_000) }),
  message("huge-1", "huge", { text: "moo ".repeat(2_000_000) }),
  conversation("many"),
  ...chain("many", 1_500),
];

const chunk = (fields: object): AnyRecord => ({
  store: "kvMeta",
  value: {
    fingerprint: "f".repeat(32),
    prefixHash: "a".repeat(32),
    parentHash: "0".repeat(32),
    startToken: 0,
    tokens: 128,
    full: true,
    groupBytes: [1],
    owners: ["plain"],
    ...fields,
  },
});

const KV: AnyRecord[] = [
  chunk({ groupBytes: [2 ** 60], tokens: Number.NaN }),
  chunk({ prefixHash: "b".repeat(32), owners: { length: 1e9 } }),
  { store: "kvUse", value: { conversationId: "plain", fingerprint: "f", lastUsedMs: "never" } },
  { store: "settings", value: "all of it", key: "kv-limit-bytes" },
  { store: "settings", value: { level: 11 }, key: "quality" },
];

test("whatever is stored, the page shows what can be read of it, and answers", async ({
  context,
}) => {
  const page = await context.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  await page.goto(PLAIN_PAGE);
  await storeFirstVersion(page, GOOD);
  await putRecords(page, TEXT);

  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await expect(chat.conversations.getByRole("link")).toHaveCount(7);
  await putRecords(page, KV);
  const openAt = async (id: string) => {
    await page.goto(`/${GREEDY}#/c/${id}`);
    await expect(chat.log.getByRole("article").first()).toBeVisible();
  };

  await chat.open("good");
  await expect(chat.questions).toHaveText(["Hello from good!"]);
  await openAt("circle");
  await expect(chat.questions).toHaveText(["Hello from circle-1!", "Hello from circle-2!"]);
  await openAt("strange");
  await expect(chat.questions).toHaveText(["Hello from strange-1!"]);
  await expect(chat.answers).toHaveText(["Hello from strange-2!"]);
  await openAt("mixed");
  await expect(chat.questions).toHaveText(["", "Hello from mixed-2!"]);
  await expect(page.getByText("What was said before cannot be shown here.")).toBeVisible();
  await openAt("many");
  // All of them come by and by, for the browser's own search, and the end stays in sight.
  await expect(chat.questions.last()).toBeInViewport();
  const articles = () => chat.log.getByRole("article").count();
  await expect.poll(articles, { timeout: 45_000, intervals: [1000] }).toBe(1500);
  await expect(chat.questions.last()).toBeInViewport();
  const beginning = "Hello from many-0!";
  await expect.poll(() => page.evaluate(isFound, beginning)).toBe(true);
  await chat.questions.first().scrollIntoViewIfNeeded();
  await expect(chat.questions.first()).toBeInViewport();
  await openAt("huge");
  await expect(page.getByRole("button", { name: "Show more of this message" })).toBeVisible();
  await chat.ready();
  await chat.send("Hello!");
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.stopButton).toBeHidden({ timeout: 30_000 });

  // The model reads what the page shows, whatever tokens are stored beside the text.
  await openAt("plain");
  await expect(chat.questions).toHaveText(["My name is Ada."]);
  const answer = await chat.ask("What is my name?");
  const { promptTokens } = (await chat.prefills()).at(-1) ?? {};
  const [first] = (await storedTokenizers(chat)).filter((name) => name !== undefined);
  if (first === undefined) throw new Error("the reply has no tokens");
  await putRecords(page, told("tampered", TAMPERED_TOKENS(first)));
  await openAt("tampered");
  await expect(chat.questions).toHaveText(["My name is Ada."]);
  expect(await chat.ask("What is my name?")).toBe(answer);
  expect((await chat.prefills()).at(-1)).toMatchObject({ promptTokens });
  expect(conversationId(chat)).toBe("tampered");
  await expect(chat.alert).toHaveCount(0);
  expect(errors).toEqual([]);
});

/** Which tokenizer's tokens are stored with each message of the conversation on screen. */
async function storedTokenizers(chat: ChatPage): Promise<(string | undefined)[]> {
  const text = await storedText(chat.page, conversationId(chat));
  return (text?.messages ?? []).map(({ tokens }) => tokens?.tokenizer);
}

/** Whether the browser's own search finds a text. Runs in the page. */
function isFound(text: string): boolean {
  // This is not in TypeScript's library.
  const page = window as unknown as {
    find: (...how: [string, boolean, boolean, boolean]) => boolean;
  };
  const [matchesCase, goesBack, goesRound] = [true, false, true];
  return page.find(text, matchesCase, goesBack, goesRound);
}
