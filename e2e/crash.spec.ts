import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { test } from "./pages/kept-test.ts";
import { conversationId, restored } from "./pages/kv-chat.ts";
import { GREEDY } from "./pages/pip.ts";
import { seededRandom } from "./pages/seeded-random.ts";
import { storedText } from "./pages/stored-records.ts";

const SEED = 4;
const KILLS = 20;
const KILLS_PER_CONVERSATION = 5;

/** How far what is stored of a growing answer may be behind what is shown. */
const LAG_MS = 1000;

/** A save takes about as long, from its first write to its end. */
const SAVE_MS = 100;

const HEROES = ["wizard", "dog", "queen", "bear", "robot"];

/** The moment a browser is killed at. */
interface Moment {
  /** While a chunk is being written; otherwise while an answer is given, or just after. */
  isInSave: boolean;
  /** The part of that time that has passed. */
  share: number;
  /** What a whole answer takes. */
  answerMs: number;
}

/** What was on screen when a browser was killed. */
interface Seen {
  address: string;
  questions: string[];
  /** All before the last one. */
  answers: string[];
  /** Of the last one what was there the lag before. */
  growing: string;
}

/** Runs in the store worker. Resolves when it begins to write a chunk. */
function nextChunkWrite(): Promise<void> {
  type Put = (value: unknown, key?: IDBValidKey) => IDBRequest;
  const put = Reflect.get(IDBObjectStore.prototype, "put") as Put;
  return new Promise((resolve) => {
    function putAndTell(this: IDBObjectStore, ...args: Parameters<Put>): IDBRequest {
      if (this.name === "kvChunks") resolve();
      return put.apply(this, args);
    }
    Reflect.set(IDBObjectStore.prototype, "put", putAndTell);
  });
}

/** Looks at the last answer until the moment has come. @returns its text as it was the lag before that */
async function watchUntil(chat: ChatPage, { isInSave, share, answerMs }: Moment): Promise<string> {
  let endMs = isInSave ? Infinity : performance.now() + share * answerMs;
  if (isInSave)
    void chat
      .worker("store")
      .evaluate(nextChunkWrite)
      .then(() => (endMs = performance.now() + share * SAVE_MS));
  const looks: { atMs: number; text: string }[] = [];
  while (performance.now() < endMs) {
    const [text = ""] = await chat.answers.last().getByRole("paragraph").allInnerTexts();
    looks.push({ atMs: performance.now(), text });
  }
  return looks.findLast(({ atMs }) => atMs <= performance.now() - LAG_MS)?.text ?? "";
}

/** Asks for a story, and is at the moment given in the midst of it. */
async function beginStory(chat: ChatPage, hero: string, moment: Moment): Promise<Seen> {
  const answers = await chat.answers.allInnerTexts();
  await chat.send(`Tell me a story about a ${hero}.`);
  await expect(chat.answers).toHaveCount(answers.length + 1);
  const questions = await chat.questions.allInnerTexts();
  const growing = await watchUntil(chat, moment);
  return { address: chat.page.url(), questions, answers, growing };
}

async function expectKept(chat: ChatPage, { questions, answers, growing }: Seen): Promise<void> {
  await expect(chat.questions).toHaveText(questions);
  await expect
    .poll(async () => (await chat.answers.allInnerTexts()).slice(0, answers.length))
    .toEqual(answers);
  if (growing === "") return;
  await expect(chat.answers).toHaveCount(answers.length + 1);
  await expect.poll(async () => (await chat.answerText()).slice(0, growing.length)).toBe(growing);
}

async function timeOf(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

test(`killed ${KILLS} times, the browser has kept the text, and goes on as one that was not`, async ({
  profile,
  fresh,
}) => {
  test.setTimeout(600_000);
  const random = seededRandom(SEED);
  let chat = await profile.start();
  await chat.goto(GREEDY);
  await chat.ready();
  const answerMs = await timeOf(chat.ask("Tell me a story about a wizard."));
  let [tokens, loadedTokens] = [0, 0];

  for (let kill = 0; kill < KILLS; kill++)
    await test.step(`kill ${kill + 1}`, async () => {
      if (kill % KILLS_PER_CONVERSATION === 0) {
        await chat.newConversation();
        await chat.ask("Hi, my name is Bella.");
      }
      const hero = HEROES[kill % HEROES.length] ?? "";
      const moment = { isInSave: kill % 2 === 1, share: random(), answerMs: 1.1 * answerMs };
      const seen = await beginStory(chat, hero, moment);
      await profile.kill();

      chat = await profile.start();
      await chat.page.goto(seen.address);
      await expectKept(chat, seen);
      const restore = await restored(chat);
      expect(restore.refusedChunks).toBe(0);
      expect(restore.loadedTokens + restore.recomputedTokens).toBe(restore.tokens);
      tokens += restore.tokens;
      loadedTokens += restore.loadedTokens;

      const text = await storedText(chat.page, conversationId(chat));
      const uninterrupted = await fresh.answer(text, "What is my name?");
      expect(await chat.ask("What is my name?")).toBe(uninterrupted.answer);
      expect((await chat.prefills()).at(-1)).toMatchObject({
        promptTokens: uninterrupted.prefill.promptTokens,
        reusedTokens: restore.tokens,
      });
    });
  // A save is lost with the browser; what was saved before is not.
  expect(loadedTokens / tokens).toBeGreaterThan(0.5);
});
