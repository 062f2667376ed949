import type { Hardware } from "../../device/device.ts";
import { createRowMover, type RowMover } from "../../kv/cache/reposition-rows.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import { assert } from "../../shared/assert.ts";
import {
  fitPrompt,
  rowsToMove,
  type ContextLimits,
  type FittedPrompt,
} from "../../engine/turn/context-window.ts";
import {
  RECALL_CONVERSATIONS,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";
import { loadProbeParts, CacheProbe, type ProbeParts } from "../cache-probe.ts";

/** Load Pip for a probe whose rows can also be moved. */
export async function loadRepositioningProbe(hardware: Hardware): Promise<RepositioningProbe> {
  const { parts, config } = await loadProbeParts(hardware);
  const { cache } = parts.transformer;
  const frequencies = ropeFrequencies(config);
  const mover = await createRowMover(hardware.device, cache, frequencies);
  const copier = await createRowMover(
    hardware.device,
    cache,
    frequencies.map(() => 0),
  );
  return new RepositioningProbe(parts, { mover, copier });
}

interface Movers {
  mover: RowMover;
  /** Moves rows without rotating their keys. This is wrong on purpose, to see whether it is noticed. */
  copier: RowMover;
}

export class RepositioningProbe extends CacheProbe {
  readonly #movers: Movers;

  constructor(parts: ProbeParts, movers: Movers) {
    super(parts);
    this.#movers = movers;
  }

  /** Move the rows that the prompt keeps to their new positions. @returns whether there was something to move */
  reposition(prompt: FittedPrompt, { turning } = { turning: true }): boolean {
    const move = rowsToMove(this.resident, prompt);
    if (!move) return false;
    const { mover, copier } = this.#movers;
    (turning ? mover : copier).apply([move]);
    this.resident = prompt.tokens.slice(0, move.to + move.tokens);
    return true;
  }
}

/**
 * The conversation behind the last exchanges of others.
 *
 * @param times length of what comes before, as a multiple of the conversation's own; it may be a little more
 */
export function behindEarlierHistory(
  probe: RepositioningProbe,
  conversation: RecallConversation,
  times: number,
): ChatMessage[] {
  const wanted = probe.tokensOf(conversation.messages).length * times;
  const at = RECALL_CONVERSATIONS.indexOf(conversation);
  const others = [...RECALL_CONVERSATIONS.slice(at + 1), ...RECALL_CONVERSATIONS.slice(0, at)];
  let earlier: ChatMessage[] = [];
  for (const { messages } of others) {
    const history = messages.slice(0, -1);
    const starts = history.flatMap(({ role }, i) => (role === "user" ? [i] : []));
    const enough = starts.findLast(
      (start) => probe.tokensOf([...history.slice(start), ...earlier]).length >= wanted,
    );
    earlier = [...history.slice(enough ?? 0), ...earlier];
    if (enough !== undefined) break;
  }
  return [...earlier, ...conversation.messages];
}

/** A conversation whose last question is about to be answered. */
interface PendingQuestion {
  prompt: FittedPrompt;
  /** Tokens of the prompt before the question. */
  history: number[];
  /** Tokens of the question and of the reply's header. */
  question: number[];
  /** Number of times that rows have been moved so far. */
  cuts: number;
}

/**
 * Run a conversation turn by turn up to its last question, and move rows whenever it outgrows the window. The cache
 * then holds the rows before the question, which have not been moved for the question yet.
 */
export async function talkUpTo(
  probe: RepositioningProbe,
  messages: readonly ChatMessage[],
  limits: ContextLimits,
): Promise<PendingQuestion> {
  probe.forget();
  const writer = { write: probe.render, writesTurnsApart: true };
  let cuts = 0;
  for (const [i, { role }] of messages.entries()) {
    if (role !== "user") continue;
    const prompt = await fitPrompt(messages.slice(0, i + 1), writer, limits);
    assert(prompt, "a question is too long");
    const last = i === messages.length - 1;
    if (prompt.before.shift === 0 && !last) continue;
    const question = [prompt.parts.turns.at(-1) ?? [], prompt.parts.header].flat();
    await probe.fill(prompt.before.tokens.slice(0, -question.length));
    if (last) return { prompt, history: prompt.tokens.slice(0, -question.length), question, cuts };
    if (probe.reposition(prompt)) cuts++;
  }
  throw new Error("the conversation ends without a question");
}
