import {
  askTwice,
  recalls,
  type AnswerPair,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";
import type { TestEngine } from "../../engine/testing/engine-testing.ts";
import type { QualityLevel } from "../../protocol/quality.ts";

/** What came of conversations that tell a fact and ask for it after a reload. */
export interface RecallSums {
  conversations: number;
  /** Conversations with the same answer before and after the reload. */
  same: number;
  recalledBefore: number;
  recalledAfter: number;
  historyTokens: number;
  /** Tokens of the history that were loaded, and so not computed again. */
  loadedTokens: number;
  /** Bytes of the chunks that a level's guard judged, in f16 and as they are stored now, and how many tokens they have. */
  coded: { tokens: number; bytesBefore: number; bytesAfter: number };
  /** Bytes per token of each form that the guard measured. */
  forms: Map<string, { tokens: number; bytes: number; taken: number }>;
}

interface RecallOptions {
  engines: Record<"uninterrupted" | "resuming", TestEngine>;
  quality: QualityLevel;
  /** Told the sums after each conversation, and awaited. */
  onSums: (soFar: RecallSums) => Promise<void>;
}

/** Has each conversation up to its last question, which is asked before and after a reload. */
export async function sumRecalls(
  conversations: readonly RecallConversation[],
  { engines, quality, onSums }: RecallOptions,
): Promise<RecallSums> {
  const sums: RecallSums = {
    conversations: 0,
    same: 0,
    recalledBefore: 0,
    recalledAfter: 0,
    historyTokens: 0,
    loadedTokens: 0,
    coded: { tokens: 0, bytesBefore: 0, bytesAfter: 0 },
    forms: new Map(),
  };
  for (const [i, conversation] of conversations.entries()) {
    const pair = await askTwice(conversation, `recall ${i}`, engines, quality);
    addAnswers(sums, pair, conversation);
    addForms(sums, pair.compressed);
    sums.conversations++;
    await onSums(sums);
  }
  return sums;
}

function addAnswers(sums: RecallSums, pair: AnswerPair, conversation: RecallConversation): void {
  const [before, after] = [pair.uninterrupted.text, pair.resumed.text];
  sums.same += Number(after === before);
  sums.recalledBefore += Number(recalls(before, conversation));
  sums.recalledAfter += Number(recalls(after, conversation));
  sums.historyTokens += pair.storedTokens;
  sums.loadedTokens += pair.restored.reusedTokens + pair.restored.loadedTokens;
}

function addForms(sums: RecallSums, compressed: AnswerPair["compressed"]): void {
  if (compressed === undefined) return;
  const { tokens, bytesBefore, bytesAfter, candidates } = compressed;
  // Forms are measured one after the other until one holds.
  const taken = bytesAfter < bytesBefore ? candidates.at(-1) : undefined;
  sums.coded.tokens += tokens;
  sums.coded.bytesBefore += bytesBefore;
  sums.coded.bytesAfter += bytesAfter;
  for (const candidate of candidates) {
    const form = sums.forms.get(candidate.codec) ?? { tokens: 0, bytes: 0, taken: 0 };
    form.tokens += tokens;
    form.bytes += candidate.bytes;
    form.taken += Number(candidate === taken);
    sums.forms.set(candidate.codec, form);
  }
}
