/**
 * @file What a conversation keeps in view once it is longer than the context window.
 *
 * CW1 The system part and the reply's header are kept, and so is the last user message with what follows
 *     it. Messages are dropped from the front, in whole exchanges: a user message and all up to the next one.
 * CW2 As long as a prompt leaves the reserve for its reply, nothing more is dropped.
 * CW3 Otherwise as few exchanges are dropped as bring the prompt down to the target; if none do, as few as
 *     leave the reserve; if none do, all but the last.
 * CW4 What is dropped stays dropped: the cut only moves forward as the conversation grows.
 * CW5 The cut depends on nothing but the messages and the limits. It is found by asking CW2 to CW4 for
 *     every user message in turn, so that a reload, a regenerated reply or an edit needs no memory of it.
 * CW6 A prompt that even so leaves no room for one token is too long, and the result is null.
 * CW7 Rows of the cache are moved only where the new prompt has the same tokens in the same order, and
 *     only if more is saved than by what the new prompt shares with the cache in place. That shared
 *     part stays where it is: the system part, or without one the template's first tokens. Its rows are
 *     those of a fresh prefill, and the attention sinks among them (StreamingLLM, arXiv:2309.17453) too.
 * CW8 A reply that was cut and goes on counts as part of the prompt only where the prompt with it leaves no
 *     room for one token. Otherwise the cut stays where it was when the reply began, so that its rows stay.
 */

import type { IndexRange } from "../../shared/index-range.ts";
import type { RowMove } from "../../shared/row-move.ts";
import { promptTokens, type RenderedPrompt } from "../../tokenizer/chat-template.ts";
import { commonPrefix, reusableTokens } from "../sequence/common-prefix.ts";

export interface ContextLimits {
  /** Number of positions of the window. */
  contextTokens: number;
  /** Number of positions that a prompt should leave for its reply. */
  reserveTokens: number;
  /** Number of tokens that a prompt is cut down to. */
  targetTokens: number;
}

/** Token counts of a prompt's parts. */
export interface PartSizes {
  system: number;
  /** The turns in order, without the system message. */
  turns: readonly { role: string; tokens: number }[];
  header: number;
  /** What there is of a reply that goes on. */
  reply?: number;
}

/** How many turns are dropped from the front. */
export interface ContextCut {
  dropped: number;
  /** The same when the user message before the last one was answered. */
  droppedBefore: number;
}

/** A prompt that fits. */
export interface FittedPrompt {
  parts: RenderedPrompt;
  /** What there is of a reply that goes on: the prompt ends with it. */
  reply: readonly number[];
  /** The tokens of all parts, and of the reply. */
  tokens: number[];
  /** Number of messages that are no longer in view, from the first after the system message on. */
  droppedMessages: number;
  /** The same conversation with the cut where it was before. */
  before: {
    tokens: number[];
    /** How many positions further back the kept messages stood. */
    shift: number;
  };
}

/**
 * An eighth of the window is reserved for the reply, and a prompt is cut down to three quarters. So a
 * conversation grows by at least an eighth of the window between two cuts. A row that moves by an eighth or
 * more each time has left the window after seven cuts, and has been rounded seven times at most.
 */
export function contextLimits(contextTokens: number): ContextLimits {
  return {
    contextTokens,
    reserveTokens: Math.ceil(contextTokens / 8),
    targetTokens: Math.floor((contextTokens * 3) / 4),
  };
}

/** CW1 to CW6. Takes time proportional to the turns, except for prompts that are too long. */
export function cutContext(sizes: PartSizes, limits: ContextLimits): ContextCut | null {
  const { turns } = sizes;
  const users = turns.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const sizeOf = promptSizes(sizes);
  let dropped = 0;
  let droppedBefore = 0;
  let fits = sizeOf({ start: 0, end: turns.length }) < limits.contextTokens;
  let next = 1;
  for (const [exchange, last] of users.entries()) {
    // From here on are the user messages at which the prompt may begin, besides the one at which it begins now.
    while (next <= exchange && (users[next] ?? 0) <= dropped) next++;
    const starts = { users, first: next, last: exchange };
    const sizeFrom = (start: number) => sizeOf({ start, end: last + 1 });
    const cut = nextCut(sizeFrom, starts, limits, dropped);
    droppedBefore = dropped;
    dropped = cut ?? dropped;
    fits = cut !== null;
  }
  if (!fits) return null;
  return roomForReply(sizes, limits, { dropped, droppedBefore });
}

/** CW8: the cut with room for one token more of the reply that goes on, if one does. */
function roomForReply(sizes: PartSizes, limits: ContextLimits, cut: ContextCut): ContextCut | null {
  const { turns, reply = 0 } = sizes;
  const sizeOf = promptSizes(sizes);
  const sizeFrom = (start: number) => sizeOf({ start, end: turns.length }) + reply;
  if (reply === 0 || sizeFrom(cut.dropped) < limits.contextTokens) return cut;
  const users = turns.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const first = users.filter((start) => start <= cut.dropped).length;
  const starts = { users, first, last: users.length - 1 };
  const dropped = nextCut(sizeFrom, starts, limits, cut.dropped);
  return dropped === null ? null : { dropped, droppedBefore: cut.dropped };
}

/** Indices of user messages, and the range of those that are meant, both ends included. */
interface Starts {
  users: readonly number[];
  first: number;
  last: number;
}

/** CW2 to CW4 and CW6: how many turns this prompt drops. */
function nextCut(
  sizeFrom: (start: number) => number,
  { users, first, last }: Starts,
  limits: ContextLimits,
  dropped: number,
): number | null {
  const { contextTokens, reserveTokens, targetTokens } = limits;
  const fewest = (mostTokens: number) => {
    if (sizeFrom(dropped) <= mostTokens) return dropped;
    for (let i = first; i <= last; i++) {
      const start = users[i];
      if (start !== undefined && sizeFrom(start) <= mostTokens) return start;
    }
    return undefined;
  };
  const roomy = contextTokens - reserveTokens;
  if (sizeFrom(dropped) <= roomy) return dropped;
  const least = Math.max(dropped, last > 0 ? (users[last] ?? 0) : 0);
  const cut = fewest(Math.min(targetTokens, roomy)) ?? fewest(roomy) ?? least;
  return sizeFrom(cut) < contextTokens ? cut : null;
}

/** Number of tokens of the prompt with these turns. */
function promptSizes({ system, turns, header }: PartSizes): (range: IndexRange) => number {
  const ends = [0];
  for (const { tokens } of turns) ends.push((ends.at(-1) ?? 0) + tokens);
  return ({ start, end }) => system + header + (ends[end] ?? 0) - (ends[start] ?? 0);
}

/** What writes a conversation's prompt: a `PromptWriter`, for a conversation that began at a certain time. */
export interface TurnWriter<Message> {
  write: (messages: readonly Message[]) => RenderedPrompt | Promise<RenderedPrompt>;
  writesTurnsApart: boolean;
}

/**
 * The prompt of a conversation, cut so that it fits, or null (CW6).
 *
 * @param messages a system message, if any, first
 * @param replyAfter what there is of a reply that goes on, by the header that it stands after
 */
export async function fitPrompt<Message extends { role: string }>(
  messages: readonly Message[],
  writer: TurnWriter<Message>,
  limits: ContextLimits,
  replyAfter: (header: readonly number[]) => readonly number[] = () => [],
): Promise<FittedPrompt | null> {
  const whole = await writer.write(messages);
  const reply = replyAfter(whole.header);
  const systemMessages = messages.filter(({ role }) => role === "system");
  const turns = messages.slice(systemMessages.length);
  const cut = cutContext({ ...sizesOf(whole, turns), reply: reply.length }, limits);
  if (cut === null) return null;
  // Some templates open the first turn unlike the others, so a turn that becomes the first is written as such.
  const from = async (start: number): Promise<RenderedPrompt> => {
    if (start === 0) return whole;
    if (!writer.writesTurnsApart) return writer.write([...systemMessages, ...turns.slice(start)]);
    const { turns: opening } = await writer.write([
      ...systemMessages,
      ...turns.slice(start, start + 1),
    ]);
    return { ...whole, turns: [...opening, ...whole.turns.slice(start + 1)] };
  };
  const now = await from(cut.dropped);
  const before = cut.droppedBefore === cut.dropped ? now : await from(cut.droppedBefore);
  const tokens = [...promptTokens(now), ...reply];
  // A turn that becomes the first may be longer than it was.
  const isAsked = turns.at(-1)?.role === "user";
  if (isAsked && tokens.length >= limits.contextTokens) return null;
  const steps = cut.dropped - cut.droppedBefore;
  return {
    parts: now,
    reply,
    tokens,
    droppedMessages: cut.dropped,
    before: {
      tokens: [...promptTokens(before), ...reply],
      shift: endOfTurn(before, steps) - endOfTurn(now, 0),
    },
  };
}

function sizesOf(prompt: RenderedPrompt, turns: readonly { role: string }[]): PartSizes {
  return {
    system: prompt.system.length,
    turns: turns.map(({ role }, i) => ({ role, tokens: prompt.turns[i]?.length ?? 0 })),
    header: prompt.header.length,
  };
}

const endOfTurn = ({ system, turns }: RenderedPrompt, turn: number): number =>
  [system, ...turns.slice(0, turn + 1)].flat().length;

/**
 * CW7: which rows of the cache become rows of the new prompt by moving, or null. Rows of positions below `to` are
 * the prompt's already.
 *
 * @param resident tokens whose K and V the cache holds, from position 0 on
 */
export function rowsToMove(resident: readonly number[], prompt: FittedPrompt): RowMove | null {
  const { tokens, before } = prompt;
  if (before.shift <= 0) return null;
  const to = reusableTokens(resident, tokens);
  const from = to + before.shift;
  // The last token is run for its logits, wherever its row is.
  const rows = commonPrefix(resident, before.tokens) - from;
  const moved = Math.min(rows, tokens.length - 1 - to);
  if (moved <= 0) return null;
  const same = commonPrefix(tokens.slice(to, to + moved), before.tokens.slice(from));
  return same === moved ? { from, to, tokens: moved } : null;
}
