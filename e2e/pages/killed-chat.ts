/** @file Questions that a kill interrupts at a given moment, and what has to be there afterwards. */

import { setTimeout as wait } from "node:timers/promises";
import { expect } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import type { DatabaseLog } from "./kept-profile.ts";
import { PATIENCE } from "./kv-chat.ts";

/** How far the stored part of a growing answer may be behind what is shown. */
const LAG_MS = 1000;
/** Time between two looks at how far an answer has come. */
const LOOK_MS = 30;
const ANSWERED = { timeout: 120_000, intervals: [50] };
const BALLAST_BYTES = 32 * 2 ** 20;

/** The moment at which a browser is killed. */
export interface Moment {
  /** What the time is counted from: the question, the first write of a chunk, or the end of the answer. */
  from: "question" | "save" | "end";
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

/** Asks something. Returns at the given moment, at which the browser is to be killed. */
export async function askUntil(chat: ChatPage, question: string, moment: Moment): Promise<Seen> {
  const { from, delayMs } = moment;
  const answers = await chat.answers.allInnerTexts();
  const save = from === "save" ? await watchSave(chat) : undefined;
  await chat.send(question);
  await expect(chat.answers).toHaveCount(answers.length + 1);
  const questions = await chat.questions.allInnerTexts();
  let isSaving = save !== undefined;
  void save?.ended.then(() => (isSaving = false));
  const begun = save?.begun ?? (from === "end" ? answered(chat) : Promise.resolve());
  const growing = await watchUntil(
    chat,
    begun.then(() => wait(delayMs)),
  );
  return { address: chat.page.url(), questions, answers, growing, isSaving };
}

async function answered(chat: ChatPage): Promise<void> {
  await expect(chat.answers.last()).toHaveAttribute("aria-busy", "false", ANSWERED);
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

/** Whether what the browser keeps has only grown. If not, the browser has thrown it away. */
export const isLater = (after: DatabaseLog, before: DatabaseLog): boolean =>
  after.number > before.number || (after.number === before.number && after.bytes >= before.bytes);

/** Whether everything is there. Throws if anything is missing although the browser has kept its files. */
export async function isKept(
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

async function timeOf(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

/** How long an answer takes on this machine, and how long it takes to save it. */
export async function timeAnswer(
  chat: ChatPage,
  question: string,
): Promise<{ answerMs: number; saveMs: number }> {
  const save = await watchSave(chat);
  const answerMs = timeOf(chat.ask(question));
  await save.begun;
  const saveMs = await timeOf(save.ended);
  return { answerMs: await answerMs, saveMs };
}
