/**
 * @file Kills a browser with a real model at moments of every kind: while it answers, saves, stores what is safe, judges,
 * learns a basis and codes in it, in forms of every kind. It goes on letter for letter as one that was never killed and
 * never stored anything, but for forms that no level accepts.
 */

import { basename } from "node:path";
import { expect, test, type Browser } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import { FreshEngine } from "./fresh-engine.ts";
import type { KeptProfile } from "./kept-profile.ts";
import { askUntil, isKept, isLater, timeAnswer, type Moment } from "./killed-chat.ts";
import { conversationId, restored, saved } from "./kv-chat.ts";
import { READS_ALL } from "./pip.ts";
import { seededRandom } from "./seeded-random.ts";
import { storedText } from "./stored-records.ts";

const MODEL = process.env["KILLS_MODEL"];
/** The file's name, where the environment asks for kills with a real model. */
export const KILLED_MODEL = MODEL === undefined ? undefined : basename(MODEL);

/** Short answers: most of a kill is starting the browser and loading the model. */
const ADDRESS = `?model=models/local/${encodeURIComponent(KILLED_MODEL ?? "")}&temperature=0&maxTokens=32`;
/** What conversations are stored as, in turns. All that is stored is read, also where computing it would take less time. */
const FORMS = [
  "quality=exact",
  "quality=balanced",
  "storedAs=fewest-bytes",
  "storedAs=int4",
  "storedAs=krul-f16",
  "storedAs=static-f16",
  "storedAs=krul-judged",
  "quality=compact&storedAs=fewest-bytes",
] as const;
type Form = (typeof FORMS)[number];
/** Forms that nobody judges, and in which layers share rows: they change what this model says, killed or not. */
const UNLIKE: readonly Form[] = ["storedAs=krul-f16", "storedAs=static-f16"];

const addressOf = (form: Form): string => `${ADDRESS}&${form}&${READS_ALL}`;

const SEED = 21;
const KILLS_PER_CONVERSATION = 3;
const CHUNK_TOKENS = 128;
/** Of the time that a save was seen to take. */
const AIMED_SHARE = 0.6;
/** The longest wait after an answer, in which rows are stored safely, judged, learned from and coded. */
const LONGEST_PAUSE_MS = 20_000;
const SHORTEST_PAUSE_MS = 100;
/** How long learning a first basis may take beside other work of the machine. */
const LEARNING = { timeout: 900_000, intervals: [500] };
const LOADED = { timeout: 180_000, intervals: [100] };

const NAMES = ["Bella", "Oscar", "Nina", "Victor", "Clara", "Hugo", "Edith", "Ralph"];
/** A model of this size answers it alike from rows of every form that a level accepts. */
const QUESTION = "What is the capital of France?";
const TOPICS = ["the sea", "a garden", "old clocks", "bread", "a long train journey"];

/** More tokens than a chunk and the recent window have. No two conversations have a chunk in common. */
const opening = (name: string, number: number): string =>
  [
    `My name is ${name}, and this is my list number ${number}.`,
    ...Array.from({ length: 26 }, (_, i) => `${name} knows friend ${i + 1} from a small town.`),
    "Just say hello.",
  ].join(" ");

/** What the browser was doing when it was killed. */
type Doing = "answering" | "saving" | "storing safely" | "judging or learning" | "coded";

interface Killed {
  form: Form;
  doing: Doing;
  /** Codecs that rows came back from, afterwards. */
  codec: string;
  loadedTokens: number;
  isSame: boolean;
}

/** @returns a test that kills so many times */
export const killRealModel =
  (kills: number) =>
  async ({
    profile,
    browser,
    baseURL,
  }: {
    profile: KeptProfile;
    browser: Browser;
    baseURL: string | undefined;
  }): Promise<void> => {
    test.setTimeout(1_800_000 + kills * 120_000);
    const fresh = await FreshEngine.start(browser, baseURL, addressOf("quality=exact"));
    const killing = new RealModelKills(profile, fresh);
    await killing.begin();
    for (let kill = 0; kill < kills; kill++) {
      if (kill === Math.floor(kills / 2))
        await test.step("a basis is learned", () => killing.learn());
      await test.step(`kill ${kill + 1}`, () => killing.kill(kill));
      process.stdout.write(`${JSON.stringify(killing.killed.at(-1))}\n`);
    }
    await fresh.chat.page.context().close();
    const wrong = killing.killed.filter(({ form, isSame }) => !isSame && !UNLIKE.includes(form));
    expect(wrong).toEqual([]);
    expect(killing.killed).toHaveLength(kills);
  };

class RealModelKills {
  readonly killed: Killed[] = [];
  readonly #profile: KeptProfile;
  readonly #fresh: FreshEngine;
  readonly #random = seededRandom(SEED);
  #chat!: ChatPage;
  #times = { answerMs: 0, saveMs: 0 };
  #conversations = 0;
  #form: Form = FORMS[0];
  /** Whether a conversation that is not exact begins with rows in the level's form. */
  #waits = false;

  constructor(profile: KeptProfile, fresh: FreshEngine) {
    this.#profile = profile;
    this.#fresh = fresh;
  }

  async begin(): Promise<void> {
    this.#chat = await this.#profile.start();
    await this.#chat.goto(addressOf("quality=exact"));
    await this.#chat.agree(LOADED);
    this.#times = await timeAnswer(this.#chat, "Tell me about the moon.");
  }

  /** Chats until there is a basis, and nothing is killed meanwhile. From now on conversations begin with coded rows. */
  async learn(): Promise<void> {
    await this.#open("storedAs=fewest-bytes");
    await this.#until("kv.learn");
    this.#waits = true;
  }

  async #until(name: "kv.learn" | "kv.compress"): Promise<void> {
    await expect
      .poll(async () => (await this.#chat.measures(name)).length, LEARNING)
      .toBeGreaterThan(0);
  }

  async kill(number: number): Promise<void> {
    if (number % KILLS_PER_CONVERSATION === 0)
      await this.#open(FORMS[Math.floor(number / KILLS_PER_CONVERSATION) % FORMS.length]);
    const stored = await saved(this.#chat);
    const before = await this.#coded();
    const moment = this.#moment(number);
    const topic = TOPICS[number % TOPICS.length] ?? "";
    const seen = await askUntil(this.#chat, `Tell me about ${topic}.`, moment);
    const doing = doingAt(moment, seen.isSaving, before, await this.#coded());
    const log = await this.#profile.databaseLog();
    await this.#profile.kill();

    this.#chat = await this.#profile.start();
    await this.#chat.page.goto(seen.address);
    const hasKept = async () => isLater(await this.#profile.databaseLog(), log);
    expect(await isKept(this.#chat, seen, hasKept), "the text is there").toBe(true);
    this.killed.push({ form: this.#form, doing, ...(await this.#goOn(stored)) });
  }

  async #open(form: Form = FORMS[0]): Promise<void> {
    const number = this.#conversations++;
    this.#form = form;
    await this.#chat.goto(addressOf(form));
    await this.#chat.agree(LOADED);
    await this.#chat.ask(opening(NAMES[number % NAMES.length] ?? "", number));
    if (this.#waits && form !== "quality=exact") await this.#until("kv.compress");
  }

  /** In turns: at any time of the answer, in a save, and after the answer, sooner more often than later. */
  #moment(number: number): Moment {
    const { answerMs, saveMs } = this.#times;
    const share = this.#random();
    if (number % 3 === 0) return { from: "question", delayMs: share * answerMs };
    if (number % 3 === 1) return { from: "save", delayMs: share * AIMED_SHARE * saveMs };
    const span = LONGEST_PAUSE_MS / SHORTEST_PAUSE_MS;
    return { from: "end", delayMs: SHORTEST_PAUSE_MS * span ** share };
  }

  /** How often rows were stored safely, and in a level's form. */
  async #coded(): Promise<Coded> {
    const [safe, level] = await Promise.all([
      this.#chat.measures("kv.safe"),
      this.#chat.measures("kv.compress"),
    ]);
    return { safe: safe.length, level: level.length };
  }

  /** Expects the conversation to be restored and, letter for letter, to go on as one that was computed from its text. */
  async #goOn(stored: number): Promise<Pick<Killed, "codec" | "loadedTokens" | "isSame">> {
    const chat = this.#chat;
    const text = await storedText(chat.page, conversationId(chat));
    // A page that was killed while it loaded the model asks before it loads it once more.
    const again = chat.page.getByRole("button", { name: "Try again" });
    again.click({ timeout: LOADED.timeout }).catch(() => undefined);
    const [restore, uninterrupted] = await Promise.all([
      restored(chat, 0, LOADED),
      this.#fresh.answer(text, QUESTION),
    ]);
    expect(restore.refusedChunks).toBe(0);
    expect(restore.loadedTokens + restore.recomputedTokens).toBe(restore.tokens);
    expect(restore.loadedTokens).toBeGreaterThanOrEqual(stored - (stored % CHUNK_TOKENS));
    const answer = await chat.ask(QUESTION);
    expect((await chat.prefills()).at(-1)).toMatchObject({
      promptTokens: uninterrupted.prefill.promptTokens,
      reusedTokens: restore.tokens,
    });
    const { codec, loadedTokens } = restore;
    return { codec, loadedTokens, isSame: answer === uninterrupted.answer };
  }
}

interface Coded {
  safe: number;
  level: number;
}

function doingAt({ from }: Moment, isSaving: boolean, before: Coded, after: Coded): Doing {
  if (isSaving) return "saving";
  if (from !== "end") return "answering";
  if (after.level > before.level) return "coded";
  return after.safe > before.safe ? "judging or learning" : "storing safely";
}
