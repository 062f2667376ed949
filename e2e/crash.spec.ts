import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import type { FreshEngine } from "./pages/fresh-engine.ts";
import { test } from "./pages/kept-test.ts";
import { askUntil, isKept, isLater, timeAnswer } from "./pages/killed-chat.ts";
import { conversationId, restored, saved } from "./pages/kv-chat.ts";
import { KILLED_MODEL, killRealModel } from "./pages/kill-real-model.ts";
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

/** Of the time that a save was seen to take. A later one is shorter where the machine has less else to do. */
const AIMED_SHARE = 0.6;
/** The fewest kills that must have hit a save, of those that are aimed at one. */
const HITS = 2;
/**
 * The most kills after which Chromium may have thrown all of IndexedDB away, as it does with files that it finds
 * corrupt. Everything was gone after two of some four hundred kills.
 */
const MOST_RESETS = 1;

const CHUNK_TOKENS = 128;

const NAME = "Bella";
const QUESTION = "What is my name?";
const HEROES = ["wizard", "dog", "queen", "bear", "robot"];

const storyOf = (hero: string): string => `Tell me a story about a ${hero}.`;

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

/**
 * `KILLS=100 KILLS_MODEL=FILE.gguf npx playwright test e2e/crash.spec.ts` kills a browser with that model instead, which
 * takes half a minute each time.
 */
if (KILLED_MODEL !== undefined)
  test(`killed ${KILLS} times with ${KILLED_MODEL}, in forms of every kind`, killRealModel(KILLS));
else
  test(`killed ${KILLS} times, the browser has kept the text, and goes on as one that was not`, async ({
    profile,
    fresh,
  }) => {
    test.setTimeout(Math.max(600_000, KILLS * 30_000));
    const random = seededRandom(SEED);
    let chat = await profile.start();
    await chat.goto(ADDRESSES[0]);
    await chat.ready();
    const { answerMs, saveMs } = await timeAnswer(chat, storyOf("wizard"));
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
        const from = kill % 2 === 1 ? "save" : "question";
        const delayMs = random() * (from === "save" ? AIMED_SHARE * saveMs : 1.1 * answerMs);
        const seen = await askUntil(chat, storyOf(hero), { from, delayMs });
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
