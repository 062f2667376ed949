import reference from "./smollm2-reference.json";

/** What a reference says that a model answers, decoding greedily. */
export interface ReferenceTurn {
  /** The whole prompt, by the file's own template. */
  promptIds: readonly number[];
  /** At most 64 tokens, with the one that ends the answer if it came. */
  answerIds: readonly number[];
  answer: string;
  /** The first token of the answer at which another one is nearly as likely; null if there is none. */
  firstNearTie: number | null;
}

/** A question, a follow-up to it, and the answers of both. */
export interface ReferenceQuestion {
  question: string;
  followUp: string;
  turn1: ReferenceTurn;
  turn2: ReferenceTurn;
}

/** A conversation that is read token by token, and the likeliest token after each. */
export interface ForcedReference {
  ids: readonly number[];
  /** `top1[i]` is the likeliest token after reading `ids.slice(0, from + i)`. */
  from: number;
  top1: readonly number[];
  /** The largest logit less the second largest. */
  gaps: readonly number[];
  /** Of the tokens that really follow, in nats. */
  meanNegLogProb: number;
}

/**
 * What SmolLM2-135M-Instruct in Q4_1 says: computed by Hugging Face transformers in f32 over the dequantised weights of
 * the file with this sha256.
 */
export const SMOLLM2_REFERENCE: {
  sha256: string;
  questions: readonly ReferenceQuestion[];
  forced: ForcedReference;
} = reference;

/** What came of comparing an answer with its reference. */
export interface AnswerComparison {
  /** Tokens from the first on that are the same. */
  same: number;
  /** Tokens that are compared: up to the first near-tie, or all. */
  compared: number;
}

/**
 * Compares the ids of an answer with its reference, up to the first near-tie: there, the order in which sums are
 * rounded decides.
 *
 * @param ids of the answer, without the token that ended it
 */
export function compareAnswer(
  ids: readonly number[],
  { answerIds, firstNearTie }: ReferenceTurn,
  endIds: ReadonlySet<number>,
): AnswerComparison {
  const last = answerIds.at(-1);
  const hasEnd = last !== undefined && endIds.has(last);
  const text = hasEnd ? answerIds.slice(0, -1) : answerIds;
  const compared = Math.min(firstNearTie ?? text.length, text.length);
  const differs = text.slice(0, compared).findIndex((id, i) => id !== ids[i]);
  return { same: differs < 0 ? compared : differs, compared };
}
