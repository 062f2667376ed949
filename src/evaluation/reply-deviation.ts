/** @file How far a model's answer from stored rows is from the answer that it gives from exact ones. */

import { nextTokenDistance } from "../kv/quality/next-token-distance.ts";
import type { CacheProbe } from "./cache-probe.ts";

/** Most tokens of a reply. */
const ANSWER_TOKENS = 24;

/** A greedy reply, and the logits after every token of the question and of itself. */
export interface Reply {
  ids: readonly number[];
  text: string;
  logits: readonly Float32Array[];
}

/** Reply with the likeliest token at each step. @param known beginning of the reply, if computed already */
async function greedyReply(
  probe: CacheProbe,
  question: readonly number[],
  known: Pick<Reply, "ids" | "logits"> = { ids: [], logits: [] },
): Promise<Reply> {
  const ids = [...known.ids];
  const logits = [...known.logits];
  if (logits.length === 0) logits.push(...(await probe.logitsAfter(question)));
  while (ids.length < ANSWER_TOKENS) {
    const token = likeliest(logits.at(-1));
    if (probe.ends(token)) break;
    logits.push(...(await probe.logitsAfter([token], question.length + ids.length)));
    ids.push(token);
  }
  return { ids, text: probe.textOf(ids), logits };
}

const likeliest = (logits: Float32Array = Float32Array.of()) => logits.indexOf(Math.max(...logits));

/** The right reply to a question: the one that the model gives from the present rows of the cache. */
export async function freshReply(probe: CacheProbe, question: readonly number[]): Promise<Reply> {
  const reply = await greedyReply(probe, question);
  return { ...reply, logits: await probe.replay([...question, ...reply.ids]) };
}

/** How far the model's answer from the present rows is from the right reply, over the tokens of question and reply. */
export interface Deviation {
  /** Mean KL(right ‖ resident), in nats. */
  kl: number;
  /** Share of tokens after which both have the same likeliest next token. */
  sameTop: number;
  /** The greedy reply from the present rows. */
  text: string;
}

export async function deviationFrom(
  right: Reply,
  probe: CacheProbe,
  question: readonly number[],
): Promise<Deviation> {
  const logits = await probe.replay([...question, ...right.ids]);
  const distances = right.logits.map((expected, i) =>
    nextTokenDistance(expected, logits[i] ?? Float32Array.of()),
  );
  // The reply from the present rows agrees with the right one up to where another token is likelier.
  const answers = logits.slice(question.length - 1);
  const same = right.ids.findIndex((token, i) => likeliest(answers[i]) !== token);
  const ids = same < 0 ? right.ids : right.ids.slice(0, same);
  const known = { ids, logits: logits.slice(0, question.length + ids.length) };
  const { text } = await greedyReply(probe, question, known);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    text,
    kl: mean(distances.map(({ kl }) => kl)),
    sameTop: mean(distances.map(({ sameTop }) => (sameTop ? 1 : 0))),
  };
}
