import { replay } from "../../model/forward/replay.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import { assert } from "../../shared/assert.ts";
import type { ForcedReference } from "./reference-answers.ts";

/** A gap of two logits below which the order of rounding decides which of two tokens is likelier. */
const NEAR_TIE = 0.05;

/** How a model's next tokens agree with a reference, over one conversation that both read. */
export interface ForcedReport {
  positions: number;
  /** Positions with the reference's likeliest token. */
  same: number;
  /** Positions whose two likeliest tokens are a near-tie in the reference. */
  nearTies: number;
  /** Positions that differ and are no near-tie. */
  wrong: number;
  /** Of the tokens that really follow, in nats. */
  meanNegLogProb: number;
}

/** Reads the conversation of a reference, and compares the likeliest next token at each of its positions. */
export async function compareForced(
  transformer: Transformer,
  { ids, from, top1, gaps }: ForcedReference,
): Promise<ForcedReport> {
  const tokens = Uint32Array.from(ids.slice(0, -1));
  const { signal } = new AbortController();
  const logits = await replay(transformer, tokens, { start: 0, signal });
  assert(logits !== undefined, "a replay that nobody stops was stopped");
  const report = { positions: top1.length, same: 0, nearTies: 0, wrong: 0, meanNegLogProb: 0 };
  for (const [i, expected] of top1.entries()) {
    // These are the logits after reading ids.slice(0, from + i).
    const row = logits[from + i - 1];
    assert(row !== undefined, `no logits at ${from + i}`);
    const isTie = (gaps[i] ?? 0) < NEAR_TIE;
    const isSame = likeliest(row) === expected;
    report.same += Number(isSame);
    report.nearTies += Number(isTie);
    report.wrong += Number(!isSame && !isTie);
    report.meanNegLogProb += negLogProb(row, ids[from + i] ?? 0) / top1.length;
  }
  return report;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (const [id, logit] of logits.entries()) if (logit > (logits[best] ?? 0)) best = id;
  return best;
}

/** The negative logarithm of a token's probability, in nats. */
function negLogProb(logits: Float32Array, id: number): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return largest + Math.log(sum) - (logits[id] ?? NaN);
}
