/** @file How far a model's answer from stored rows is from the answer that it gives from exact ones. */

import { nextTokenDistance } from "../model/next-token-distance.ts";
import type { CacheProbe } from "./cache-probe.ts";

/** Most tokens of a reply. */
const ANSWER_TOKENS = 24;

/** A greedy reply, and the logits after every token of the question and of itself. */
export interface Reply {
  ids: readonly number[];
  text: string;
  logits: readonly Float32Array[];
}

/** @param known the beginning of the reply with its logits, if they have been computed */
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

/** The right reply: behind the resident tokens, from which it is computed afresh. */
export async function freshReply(probe: CacheProbe, question: readonly number[]): Promise<Reply> {
  const reply = await greedyReply(probe, question);
  return { ...reply, logits: await probe.replay([...question, ...reply.ids]) };
}

/** How far the resident rows are from right ones, over the tokens of the question and the right reply. */
export interface Deviation {
  /** Mean KL(right ‖ resident), in nats. */
  kl: number;
  /** Share of tokens after which both have the same likeliest one. */
  sameTop: number;
  /** The greedy reply from the resident rows. */
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
  // Its own reply is the right one up to where it would choose another token.
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
