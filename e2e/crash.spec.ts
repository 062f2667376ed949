import { setTimeout as wait } from "node:timers/promises";
import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import type { FreshEngine } from "./pages/fresh-engine.ts";
import type { DatabaseLog } from "./pages/kept-profile.ts";
import { test } from "./pages/kept-test.ts";
import { conversationId, PATIENCE, restored, saved } from "./pages/kv-chat.ts";
import { EXACT, GREEDY } from "./pages/pip.ts";
import { seededRandom } from "./pages/seeded-random.ts";
import { storedText } from "./pages/stored-records.ts";

const SEED = 4;
const KILLS = Number(process.env["KILLS"] ?? 12);
const KILLS_PER_CONVERSATION = 4;

/**
 * Addresses that conversations take in turns: one keeps rows as they were computed, with the other they are coded
 * meanwhile. Stories are cut short, but are long enough for what is stored to be behind what is shown.
 */
const ADDRESSES = [EXACT, GREEDY].map((address) => `${address}&maxTokens=60`);

/** How far the stored part of a growing answer may be behind what is shown. */
const LAG_MS = 1000;
/** Time between two looks at how far an answer has come. */
const LOOK_MS = 30;

/** Of the time that a save was seen to take. A later one is shorter where the machine has less else to do. */
const AIMED_SHARE = 0.6;
/** The fewest kills that must have hit a save, of those that are aimed at one. */
const HITS = 2;
/**
 * The most kills after which Chromium may have thrown all of IndexedDB away, as it does with files that it finds
 * corrupt. Everything was gone after two of some four hundred kills.
 */
const MOST_RESETS = 1;
const BALLAST_BYTES = 32 * 2 ** 20;

const CHUNK_TOKENS = 128;

const NAME = "Bella";
const QUESTION = "What is my name?";
const HEROES = ["wizard", "dog", "queen", "bear", "robot"];

/** The moment at which a browser is killed. */
interface Moment {
  /** Whether the time is counted from the first write of a chunk. Otherwise it is counted from the question. */
  isInSave: boolean;
  delayMs: number;
}

/** What was on screen when a browser was killed. */
interface Seen {
  address: string;
  questions: string[];
  /** All answers before the last one. */
  answers: string[];
  /** The text that the last answer had the lag before. */
  growing: string;
  /** Whether a chunk was being written. */
  isSaving: boolean;
}

/** A save that is watched. */
interface Save {
  begun: Promise<unknown>;
  ended: Promise<unknown>;
}

/**
 * Runs in the store worker. The next chunk is written together with that many useless bytes, since the disk needs so few
 * milliseconds for the chunk's own bytes that nobody could aim at them.
 */
function watchNextSave(ballastBytes: number): Save {
  type Put = (value: unknown, key?: IDBValidKey) => IDBRequest;
  const put = Reflect.get(IDBObjectStore.prototype, "put") as Put;
  const ballast = new Blob([new Uint8Array(ballastBytes)]);
  const [begun, ended] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  function putAndTell(this: IDBObjectStore, ...args: Parameters<Put>): IDBRequest {
    if (this.name === "kvChunks") {
      Reflect.set(IDBObjectStore.prototype, "put", put);
      put.call(this, ballast, ["ballast"]);
      this.transaction.addEventListener("complete", () => ended.resolve(undefined));
      begun.resolve(undefined);
    }
    return put.apply(this, args);
  }
  Reflect.set(IDBObjectStore.prototype, "put", putAndTell);
  return { begun: begun.promise, ended: ended.promise };
}

async function watchSave(chat: ChatPage): Promise<Save> {
  const save = await chat.worker("store").evaluateHandle(watchNextSave, BALLAST_BYTES);
  return {
    begun: save.evaluate(({ begun }) => begun),
    // When the browser is killed, this call fails. The save has not ended then, and never will.
    ended: save.evaluate(({ ended }) => ended).catch(() => new Promise(() => undefined)),
  };
}

/** Looks at the last answer until `end`. @returns its text as it was the lag before that */
async function watchUntil(chat: ChatPage, end: Promise<unknown>): Promise<string> {
  const looks: { atMs: number; text: string }[] = [];
  let goesOn = true;
  const look = async () => {
    const [text = ""] = await chat.answers.last().getByRole("paragraph").allInnerTexts();
    looks.push({ atMs: performance.now(), text });
    // The answer is computed on the same two cores, so they are left alone between two looks.
    await Promise.race([wait(LOOK_MS), end]);
    return goesOn;
  };
  void end.then(() => (goesOn = false));
  while (await look());
  return looks.findLast(({ atMs }) => atMs <= performance.now() - LAG_MS)?.text ?? "";
}

/** Asks for a story. Returns at the given moment, in the midst of the answer. */
async function beginStory(chat: ChatPage, hero: string, moment: Moment): Promise<Seen> {
  const { isInSave, delayMs } = moment;
  const answers = await chat.answers.allInnerTexts();
  const save = isInSave ? await watchSave(chat) : undefined;
  await chat.send(`Tell me a story about a ${hero}.`);
  await expect(chat.answers).toHaveCount(answers.length + 1);
  const questions = await chat.questions.allInnerTexts();
  let isSaving = isInSave;
  void save?.ended.then(() => (isSaving = false));
  const end = save ? save.begun.then(() => wait(delayMs)) : wait(delayMs);
  const growing = await watchUntil(chat, end);
  return { address: chat.page.url(), questions, answers, growing, isSaving };
}

async function expectKept(chat: ChatPage, { questions, answers, growing }: Seen): Promise<void> {
  await expect(chat.questions).toHaveText(questions);
  await expect
    .poll(async () => (await chat.answers.allInnerTexts()).slice(0, answers.length), PATIENCE)
    .toEqual(answers);
  if (growing === "") return;
  await expect(chat.answers).toHaveCount(answers.length + 1);
  await expect.poll(async () => (await chat.answerText()).slice(0, growing.length)).toBe(growing);
}

const isLater = (after: DatabaseLog, before: DatabaseLog): boolean =>
  after.number > before.number || (after.number === before.number && after.bytes >= before.bytes);

/** Whether everything is there. Throws if anything is missing although the browser has kept its files. */
async function isKept(
  chat: ChatPage,
  seen: Seen,
  hasKeptFiles: () => Promise<boolean>,
): Promise<boolean> {
  try {
    await expectKept(chat, seen);
    return true;
  } catch (error) {
    if (await hasKeptFiles()) throw error;
    return false;
  }
}

/**
 * Expects the conversation to go on as in a browser that has computed all of it. If it is exact, it goes on letter for
 * letter.
 */
async function expectToGoOn(chat: ChatPage, fresh: FreshEngine, stored: number): Promise<void> {
  const text = await storedText(chat.page, conversationId(chat));
  const [restore, uninterrupted] = await Promise.all([
    restored(chat),
    fresh.answer(text, QUESTION),
  ]);
  expect(restore.refusedChunks).toBe(0);
  expect(restore.loadedTokens + restore.recomputedTokens).toBe(restore.tokens);
  // The last chunk may hold rows of tokens that the stored text does not have. Then it is of no use.
  expect(restore.loadedTokens).toBeGreaterThanOrEqual(stored - (stored % CHUNK_TOKENS));

  const answer = await chat.ask(QUESTION);
  if (chat.page.url().includes(EXACT)) expect(answer).toBe(uninterrupted.answer);
  else expect(answer).toContain(NAME);
  expect((await chat.prefills()).at(-1)).toMatchObject({
    promptTokens: uninterrupted.prefill.promptTokens,
    reusedTokens: restore.tokens,
  });
}

async function timeOf(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

/** How long an answer takes on this machine, and how long it takes to save it. */
async function timeStory(chat: ChatPage): Promise<{ answerMs: number; saveMs: number }> {
  const save = await watchSave(chat);
  const answerMs = timeOf(chat.ask("Tell me a story about a wizard."));
  await save.begun;
  const saveMs = await timeOf(save.ended);
  return { answerMs: await answerMs, saveMs };
}

test(`killed ${KILLS} times, the browser has kept the text, and goes on as one that was not`, async ({
  profile,
  fresh,
}) => {
  test.setTimeout(Math.max(600_000, KILLS * 30_000));
  const random = seededRandom(SEED);
  let chat = await profile.start();
  await chat.goto(ADDRESSES[0]);
  await chat.ready();
  const { answerMs, saveMs } = await timeStory(chat);
  let hits = 0;
  let resets = 0;
  let isLost = false;

  for (let kill = 0; kill < KILLS; kill++)
    await test.step(`kill ${kill + 1}`, async () => {
      if (isLost || kill % KILLS_PER_CONVERSATION === 0) {
        await chat.goto(ADDRESSES[Math.floor(kill / KILLS_PER_CONVERSATION) % ADDRESSES.length]);
        await chat.ask(`Hi, my name is ${NAME}.`);
      }
      const stored = await saved(chat);
      const hero = HEROES[kill % HEROES.length] ?? "";
      const isInSave = kill % 2 === 1;
      const delayMs = random() * (isInSave ? AIMED_SHARE * saveMs : 1.1 * answerMs);
      const seen = await beginStory(chat, hero, { isInSave, delayMs });
      const log = await profile.databaseLog();
      await profile.kill();
      if (seen.isSaving) hits++;

      chat = await profile.start();
      await chat.page.goto(seen.address);
      isLost = !(await isKept(chat, seen, async () => isLater(await profile.databaseLog(), log)));
      if (isLost) resets++;
      else await expectToGoOn(chat, fresh, stored);
    });
  expect(hits).toBeGreaterThanOrEqual(HITS);
  expect(resets).toBeLessThanOrEqual(MOST_RESETS);
});
