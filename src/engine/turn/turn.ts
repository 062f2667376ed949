import { TurnTimer } from "../../metrics/turn-timer.ts";
import { prefill } from "../../model/forward/prefill.ts";
import type {
  ChatMessage,
  FinishReason,
  GenerateRequest,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { isLoop } from "../../shared/repetition.ts";
import { beginsInReasoning } from "../../tokenizer/reasoning.ts";
import type { ReplyPiece } from "../../tokenizer/reply-parts.ts";
import { createChooser, type TokenChooser } from "./choose-token.ts";
import { reusableTokens } from "../sequence/common-prefix.ts";
import { rowsToMove, type FittedPrompt } from "./context-window.ts";
import type {
  CachedRows,
  RestorableModel,
  RunnableModel,
  TextModel,
} from "../sequence/prepared-model.ts";
import {
  fitConversation,
  fitCutReply,
  promptLength,
  type SentConversation,
} from "./read-conversation.ts";
import { Reply } from "./reply.ts";
import { tellReading } from "./tell-reading.ts";

/** What a turn needs of a model. */
type TurnModel = TextModel &
  RestorableModel &
  Pick<CachedRows, "hardware" | "resident"> &
  Pick<RunnableModel, "transformer" | "mover">;

export interface TurnHooks {
  signal: AbortSignal;
  onPiece: (piece: ReplyPiece) => void;
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: EngineProgress) => void;
  /** Called when rows were added to the KV cache, or are on their way there in the queue's order. */
  onRows: () => void;
  /** Run the prompt as a GPU that takes this many times as long. */
  slowdown: number;
}

/** A turn that is being answered. All of it but the model outlives a device that is lost meanwhile. */
export interface Turn {
  model: TurnModel;
  request: GenerateRequest;
  hooks: TurnHooks;
  timer: TurnTimer;
  chooser: TokenChooser;
  fitted: FittedPrompt;
  reply: Reply;
  /** Tokens of the prompt that were run, until the reply began. */
  prefilledTokens: number;
}

/**
 * Prepares to answer the last message of a conversation, or to go on with it where it is a reply that was cut.
 *
 * @returns the summary of a turn in which nothing can be said any more
 * @throws EngineError `prompt-too-long`
 */
export async function beginTurn(
  model: TurnModel,
  request: GenerateRequest,
  hooks: TurnHooks,
): Promise<Turn | TurnSummary> {
  const { runId, conversationId, sampling = {} } = request;
  const timer = new TurnTimer({ runId, conversationId }, hooks.onMeasure);
  const cut = cutReplyOf(request);
  const fitted = await (cut ? fitCutReply(model, request) : fit(model, request));
  if (!fitted) return nothingMore(model, request);
  const prompt = fitted.tokens;
  const chooser = createChooser(model, sampling, prompt);
  const reply = createReply(model, fitted, sampling.stop ?? []);
  if (cut) reply.resume(fitted.reply, { reasoning: cut.reasoning ?? "", text: cut.text });
  return { model, request, hooks, timer, chooser, fitted, reply, prefilledTokens: 0 };
}

/** All tokens of a turn: its prompt, and what was said so far. */
export const tokensOfTurn = ({ fitted, reply }: Turn): number[] => [...fitted.tokens, ...reply.ids];

/** Goes on with a turn whose device was lost, on a model that has taken the place of the one before. */
export function continueOn(turn: Turn, model: TurnModel): Turn {
  turn.timer.interrupted();
  return { ...turn, model };
}

/**
 * Answers, or goes on with what was said before the device was lost.
 *
 * Runs only those tokens that the KV cache does not hold, and leaves their rows in the cache.
 */
export async function runTurn(turn: Turn): Promise<TurnSummary> {
  const { model, request, fitted, reply } = turn;
  // Rows that are worse than this conversation wants belong to another one, or to an earlier choice of level.
  model.resident.cut(model.resident.tokensAt(request.quality ?? "exact"));
  await bringIntoView(model, fitted, request.exactContext ?? false);
  const tokens = tokensOfTurn(turn);
  const { reusedTokens, prefilledTokens } = await prefillPrompt(turn, tokens);
  if (reply.ids.length === 0) turn.prefilledTokens = prefilledTokens;
  const complete = reusedTokens + prefilledTokens === tokens.length;
  return endTurn(turn, complete ? await decode(turn, reusedTokens) : "cancelled");
}

/** Ends a turn with what was said so far. */
export function endTurn(turn: Turn, finishReason: FinishReason): TurnSummary {
  const { model, timer, fitted, reply, prefilledTokens } = turn;
  emit(turn, reply.end());
  timer.finished();
  return {
    finishReason,
    text: reply.text,
    ...(reply.reasoning !== "" && { reasoning: reply.reasoning }),
    tokens: reply.tokens,
    promptTokens: fitted.tokens.length,
    prefilledTokens,
    generatedTokens: reply.ids.length,
    ...timer.times,
    context: {
      droppedMessages: fitted.droppedMessages,
      approximate: model.resident.unmovedTokens < model.resident.length,
    },
  };
}

function createReply(
  { tokenizer, prompts, stops }: TurnModel,
  { parts }: FittedPrompt,
  asked: readonly string[],
): Reply {
  const { marks } = prompts;
  const begun = beginsInReasoning(tokenizer, marks, parts.header);
  return new Reply(tokenizer, { stops: [...stops.strings, ...asked], marks, begun });
}

/** The reply that is to go on, if the last message is one. */
function cutReplyOf({ messages }: SentConversation): ChatMessage | undefined {
  const last = messages.at(-1);
  return last?.role === "assistant" ? last : undefined;
}

/** A cut reply that fills the context with the question before it, so that it stays as it is. */
async function nothingMore(model: TurnModel, request: GenerateRequest): Promise<TurnSummary> {
  const { text, reasoning, tokens } = request.messages.at(-1) ?? { text: "" };
  const asked = await fit(model, { ...request, messages: request.messages.slice(0, -1) });
  return {
    finishReason: "context-full",
    text,
    ...(reasoning !== undefined && { reasoning }),
    tokens,
    promptTokens: asked.tokens.length,
    prefilledTokens: 0,
    generatedTokens: 0,
    context: { droppedMessages: asked.droppedMessages, approximate: false },
  };
}

/** The prompt, without its oldest exchanges if the window is too short for all of them. */
async function fit(model: TurnModel, conversation: SentConversation): Promise<FittedPrompt> {
  const fitted = await fitConversation(model, conversation);
  if (fitted) return fitted;
  const { contextTokens } = model.info;
  const { tokens: promptTokens, isAtLeast } = await promptLength(model, conversation);
  const atLeast = isAtLeast && { isAtLeast };
  throw new EngineError({ code: "prompt-too-long", promptTokens, contextTokens, ...atLeast });
}

/** Move rows to where the prompt has them now; or, if rows must be exact, forget those that were moved before. */
async function bringIntoView(
  { resident, mover }: TurnModel,
  fitted: FittedPrompt,
  exact: boolean,
): Promise<void> {
  if (exact) {
    resident.cut(resident.unmovedTokens);
    return;
  }
  const move = rowsToMove(resident.tokens, fitted);
  if (!move) return;
  const level = resident.levelOf(resident.length);
  (await mover()).apply([move]);
  resident.cut(move.to);
  resident.append(fitted.tokens.slice(move.to, move.to + move.tokens), { moved: true, level });
}

/** Runs the tokens that the cache does not hold, or fewer if the turn is cancelled. */
async function prefillPrompt(
  { model, request, timer, chooser, hooks }: Turn,
  prompt: readonly number[],
): Promise<{ reusedTokens: number; prefilledTokens: number }> {
  const { transformer, hardware, resident } = model;
  const reusedTokens = reusableTokens(resident.tokens, prompt);
  resident.cut(reusedTokens);
  timer.planned();
  const missing = Uint32Array.from(prompt.slice(reusedTokens));
  const part = { conversationId: request.conversationId, start: reusedTokens };
  const told = tellReading(model, { ...part, tokens: missing.length }, hooks.onProgress);
  const prefilledTokens = await prefill(hardware.device, transformer, missing, {
    start: reusedTokens,
    output: chooser.output,
    signal: hooks.signal,
    slowdown: hooks.slowdown,
    onStep: told,
  });
  resident.append(missing.subarray(0, prefilledTokens));
  hooks.onRows();
  return { reusedTokens, prefilledTokens };
}

/** Decodes one token after the other until something ends the reply. */
async function decode(turn: Turn, reusedTokens: number): Promise<FinishReason> {
  const { model, timer, chooser, reply, hooks } = turn;
  const { transformer, resident, info } = model;
  const promptTokens = resident.length;
  const maxTokens = turn.request.sampling?.maxTokens ?? Infinity;
  let isFirst = true;
  for (;;) {
    if (hooks.signal.aborted) return "cancelled";
    if (reply.ids.length >= maxTokens) return "length";
    const token = await chooser.choose(transformer);
    if (isFirst) timer.prefilled({ promptTokens, reusedTokens });
    isFirst = false;
    if (model.stops.ids.has(token)) return "stop";
    timer.token();
    tellAnswering(turn);
    const full = resident.length === info.contextTokens;
    if (!full) {
      // The step is submitted before the token's text is looked at: the GPU works meanwhile.
      transformer.decodeStep(token, resident.length, chooser.output);
      resident.append([token]);
      hooks.onRows();
    }
    emit(turn, reply.push(token));
    if (reply.stopped) return "stop";
    if (full) return "context-full";
    if (isLoop(reply.ids)) return "repetition";
  }
}

function tellAnswering({ request: { conversationId }, reply, timer, hooks }: Turn): void {
  // The token that was just chosen is not part of the reply yet.
  const generatedTokens = reply.ids.length + 1;
  const { tokensPerS } = timer;
  hooks.onProgress({ work: "answer", conversationId, generatedTokens, tokensPerS });
}

function emit({ timer, hooks }: Turn, piece: ReplyPiece): void {
  if (piece.reasoning + piece.text === "") return;
  timer.text();
  hooks.onPiece(piece);
}
