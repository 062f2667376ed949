import { assistant, user, type TestEngine } from "../../engine/testing/engine-testing.ts";
import type { ChatMessage, RestoreSummary, TurnSummary } from "../../protocol/engine-api.ts";
import type { ReferenceQuestion } from "./reference-answers.ts";

/** The most tokens of an answer, as in the reference. */
const ANSWER = { maxTokens: 64 };

/** One answer, and what it took. */
export interface TimedAnswer {
  summary: TurnSummary;
  /** Time to the first token with text, in ms. */
  ttftMs: number;
  /** Time per token after the first, in ms; 0 if there was only one. */
  tpotMs: number;
}

/** A question and its follow-up, the latter also asked after a reload. */
export interface AskedQuestion {
  first: TimedAnswer;
  followUp: TimedAnswer;
  /**
   * The follow-up again, where the reference's prompt has another number of tokens: this one holds the first answer's text
   * as it is tokenised, and not the tokens that the model chose for it.
   */
  retold: TimedAnswer | undefined;
  restored: RestoreSummary;
  /** Time that the restoration took, in ms. */
  restoreMs: number;
  resumed: TimedAnswer;
}

interface Engines {
  uninterrupted: TestEngine;
  /** Starts an engine that has nothing but what is stored, as after a reload. */
  reload: () => Promise<TestEngine>;
}

/**
 * Asks every question and its follow-up, and after a reload every follow-up again, all greedily and in exact quality.
 */
export async function askQuestions(
  questions: readonly ReferenceQuestion[],
  { uninterrupted, reload }: Engines,
): Promise<AskedQuestion[]> {
  const before: Pick<AskedQuestion, "first" | "followUp" | "retold">[] = [];
  for (const [i, { question, followUp, turn2 }] of questions.entries()) {
    const first = await ask(uninterrupted, idOf(i), [user(question)]);
    const history = [user(question), assistant(first.summary)];
    // All of it is resident; opening it only waits until its rows are stored.
    await uninterrupted.open(idOf(i), history);
    const next = await ask(uninterrupted, `${idOf(i)} goes on`, [...history, user(followUp)]);
    const isSamePrompt = next.summary.promptTokens === turn2.promptIds.length;
    const text: ChatMessage = { role: "assistant", text: first.summary.text };
    const retold = isSamePrompt
      ? undefined
      : await ask(uninterrupted, `${idOf(i)} retold`, [user(question), text, user(followUp)]);
    before.push({ first, followUp: next, retold });
  }
  const resuming = await reload();
  const asked: AskedQuestion[] = [];
  for (const [i, { question, followUp }] of questions.entries()) {
    const told = before[i];
    if (told === undefined) continue;
    const history = [user(question), assistant(told.first.summary)];
    const restored = await resuming.open(idOf(i), history);
    const restoreMs = resuming.tookMs("kv.restore");
    const resumed = await ask(resuming, idOf(i), [...history, user(followUp)]);
    asked.push({ ...told, restored, restoreMs, resumed });
  }
  return asked;
}

const idOf = (index: number): string => `question ${index}`;

async function ask(
  engine: TestEngine,
  id: string,
  messages: readonly ChatMessage[],
): Promise<TimedAnswer> {
  const summary = await engine.ask(id, messages, ANSWER);
  const decoded = engine.measured("chat.decode").at(-1);
  return { summary, ttftMs: engine.tookMs("chat.ttft"), tpotMs: decoded?.tpotMs ?? 0 };
}
