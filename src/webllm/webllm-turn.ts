import type { ChatCompletionFinishReason } from "@mlc-ai/web-llm";
import type {
  FinishReason,
  GenerateRequest,
  ReplyDelta,
  TurnSummary,
} from "../protocol/engine-api.ts";
import type { EngineProgress } from "../protocol/engine-progress.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { DeltaSender } from "../shared/delta-sender.ts";
import { EngineError } from "../shared/engine-error.ts";
import { isLoop } from "../shared/repetition.ts";
import { chatRequest, mostTokens, sentMessages, withoutSystem } from "./chat-request.ts";
import { cutHistory, lettersOf, nextCut, withoutOldest, type SentMessage } from "./cut-history.ts";
import type { HeldConversation } from "./held-conversation.ts";
import { ReplyText } from "./reply-text.ts";
import { streamReply, type StreamEnd } from "./stream-reply.ts";
import { TurnTimes, type TurnTokens } from "./turn-times.ts";
import { answeringError, overflowOf } from "./webllm-failure.ts";
import type { WebLlmModel } from "./webllm-slot.ts";

/** What earlier turns have told of a model, and left on it. */
export class TurnMemory {
  /** What a letter takes, with its share of the template; undefined until a whole prompt was run. */
  tokensPerLetter: number | undefined;
  /** What running a token of the last prompt took; undefined until one was run. */
  msPerToken: number | undefined;
  /** How many messages the last conversation that was answered has lost from its front. */
  cut: { conversationId: string; dropped: number } | undefined;

  constructor(readonly held: HeldConversation) {}
}

export interface TurnHooks {
  onDelta: (delta: ReplyDelta) => void | Promise<void>;
  onMeasure: (measure: EngineMeasure) => void;
  onProgress: (progress: EngineProgress) => void;
  cancelled: AbortSignal;
}

interface Turn {
  model: WebLlmModel;
  request: GenerateRequest;
  hooks: TurnHooks;
  memory: TurnMemory;
  times: TurnTimes;
}

/**
 * Answers the last message of a conversation.
 *
 * @throws EngineError `prompt-too-long`, `device-lost`, or `webllm-failed`
 */
export async function runWebLlmTurn(
  model: WebLlmModel,
  request: GenerateRequest,
  { memory, ...hooks }: TurnHooks & { memory: TurnMemory },
): Promise<TurnSummary> {
  const turn = { model, request, hooks, memory, times: new TurnTimes() };
  const messages = sentMessages(request.messages);
  const asked = (sent: SentMessage[]) => (model.takesSystem ? sent : withoutSystem(sent));
  const { contextTokens } = model.info;
  const { tokensPerLetter } = memory;
  let dropped = cutHistory(messages, {
    contextTokens,
    tokensPerLetter,
    droppedBefore: droppedBefore(turn),
  });
  for (;;) {
    const sent = asked(withoutOldest(messages, dropped));
    const isHeld = memory.held.matches(sent.slice(0, -1));
    try {
      const summary = await answer(turn, sent, isHeld);
      memory.cut = { conversationId: request.conversationId, dropped };
      return { ...summary, context: { droppedMessages: dropped, approximate: false } };
    } catch (error) {
      const heldTokens = isHeld ? memory.held.tokens : 0;
      memory.held.forget();
      const overflow = overflowOf(error);
      if (!overflow) throw answeringError(error);
      const promptTokens = heldTokens + overflow.promptTokens;
      dropped = furtherCut(turn, { messages, sent, dropped, promptTokens });
    }
  }
}

const droppedBefore = ({ memory: { cut }, request: { conversationId } }: Turn): number =>
  cut?.conversationId === conversationId ? cut.dropped : 0;

interface RefusedPrompt {
  messages: readonly SentMessage[];
  sent: readonly SentMessage[];
  dropped: number;
  promptTokens: number;
}

/** How many messages are dropped after a prompt was refused: at least one exchange more. */
function furtherCut(
  { memory, model }: Turn,
  { messages, sent, dropped, promptTokens }: RefusedPrompt,
): number {
  const { contextTokens } = model.info;
  const least = nextCut(messages, dropped);
  if (least === undefined)
    throw new EngineError({ code: "prompt-too-long", promptTokens, contextTokens });
  const tokensPerLetter = promptTokens / Math.max(1, lettersOf(sent));
  memory.tokensPerLetter = tokensPerLetter;
  return Math.max(
    least,
    cutHistory(messages, { contextTokens, tokensPerLetter, droppedBefore: dropped }),
  );
}

async function answer(
  turn: Turn,
  sent: readonly SentMessage[],
  isHeld: boolean,
): Promise<Omit<TurnSummary, "context">> {
  const { model, request, hooks, memory, times } = turn;
  const { sampling = {} } = request;
  const reply = new ReplyText({
    stops: sampling.stop ?? [],
    beginsInReasoning: model.beginsInReasoning,
  });
  const sender = new DeltaSender(hooks.onDelta);
  const tell = (piece: { reasoning: string; text: string }) => {
    if (piece.reasoning + piece.text === "") return;
    times.text();
    sender.push(piece);
  };
  const said = new SaidPieces();
  times.asked();
  hooks.onProgress(readingProgress(turn, sent, isHeld));
  const end = await streamReply({
    engine: model.engine,
    request: chatRequest(sent, sampling),
    signal: hooks.cancelled,
    lost: model.lost,
    onPiece: (piece) => {
      times.token();
      hooks.onProgress(answeringProgress(turn));
      tell(reply.push(piece));
      said.push(piece);
      return !reply.isStopped && !said.isLooping;
    },
  });
  tell(reply.flush());
  await sender.flushed();

  const tokens = tokensOf(end, isHeld ? memory.held.tokens : 0);
  const prefillS = end.usage?.extra.time_to_first_token_s ?? NaN;
  if (end.usage) tellMeasures(turn, tokens, prefillS);
  if (prefillS > 0 && tokens.prefilledTokens > 0)
    memory.msPerToken = (prefillS * 1000) / tokens.prefilledTokens;
  const isReread = !isHeld && sent.some(({ role }) => role === "assistant");
  remember(turn, { sent, reply, end, tokens, isHeld });
  return {
    finishReason: finishReason(end, {
      reply,
      said,
      hooks,
      mostTokens: mostTokens(sampling.maxTokens ?? Infinity),
      tokens,
    }),
    text: reply.text,
    ...(reply.reasoning !== "" && { reasoning: reply.reasoning }),
    ...tokens,
    ...times.figures,
    ...(isReread &&
      Number.isFinite(prefillS) && {
        rereading: { tokens: tokens.prefilledTokens, ms: Math.max(0, Math.round(prefillS * 1000)) },
      }),
  };
}

/** WebLLM runs a prompt in one go and counts its tokens afterwards, so only what earlier ones have told is known. */
function readingProgress(
  { request: { conversationId }, memory: { held, tokensPerLetter, msPerToken } }: Turn,
  sent: readonly SentMessage[],
  isHeld: boolean,
): EngineProgress {
  const begun = { work: "prompt", conversationId, doneTokens: 0 } as const;
  if (tokensPerLetter === undefined) return begun;
  const letters = lettersOf(isHeld ? sent.slice(-1) : sent);
  const totalTokens = Math.max(1, Math.round(letters * tokensPerLetter));
  const promptTokens = totalTokens + (isHeld ? held.tokens : 0);
  if (msPerToken === undefined) return { ...begun, totalTokens, promptTokens };
  return { ...begun, totalTokens, promptTokens, remainingMs: totalTokens * msPerToken };
}

function answeringProgress({ request: { conversationId }, times }: Turn): EngineProgress {
  const { tokens: generatedTokens, tokensPerS } = times;
  return { work: "answer", conversationId, generatedTokens, tokensPerS };
}

/** WebLLM counts only what it has run for the prompt. */
function tokensOf({ usage, pieces }: StreamEnd, heldTokens: number): TurnTokens {
  const prefilledTokens = usage?.prompt_tokens ?? 0;
  return {
    promptTokens: heldTokens + prefilledTokens,
    prefilledTokens,
    generatedTokens: usage?.completion_tokens ?? pieces,
  };
}

function tellMeasures({ request, hooks, times }: Turn, tokens: TurnTokens, prefillS: number): void {
  const { runId, conversationId } = request;
  for (const measure of times.measures({ runId, conversationId }, tokens, prefillS))
    hooks.onMeasure(measure);
}

interface Answered {
  sent: readonly SentMessage[];
  reply: ReplyText;
  end: StreamEnd;
  tokens: TurnTokens;
  isHeld: boolean;
}

/** WebLLM goes on only from a reply that came to its own end, and that is given back to it as it was written. */
function remember({ memory }: Turn, { sent, reply, end, tokens, isHeld }: Answered): void {
  if (!isHeld && tokens.promptTokens > 0)
    memory.tokensPerLetter = tokens.promptTokens / Math.max(1, lettersOf(sent));
  const { promptTokens, generatedTokens } = tokens;
  const replied: SentMessage = { role: "assistant", content: reply.text };
  if (end.finishReason === "stop" && reply.isWhole)
    memory.held.hold([...sent, replied], promptTokens + generatedTokens);
  else memory.held.forget();
}

/** The pieces of a reply, of which WebLLM tells the text and not the token: equal texts count as equal tokens. */
class SaidPieces {
  isLooping = false;
  readonly #numbers = new Map<string, number>();
  readonly #said: number[] = [];

  push(piece: string): void {
    const number = this.#numbers.get(piece) ?? this.#numbers.size;
    this.#numbers.set(piece, number);
    this.#said.push(number);
    this.isLooping = isLoop(this.#said);
  }
}

interface EndTerms {
  reply: ReplyText;
  said: SaidPieces;
  hooks: TurnHooks;
  mostTokens: number;
  tokens: TurnTokens;
}

function finishReason(
  { finishReason: told }: StreamEnd,
  { reply, said, hooks, mostTokens: most, tokens }: EndTerms,
): FinishReason {
  if (reply.isStopped) return "stop";
  if (said.isLooping) return "repetition";
  if (hooks.cancelled.aborted && told !== "stop" && told !== "length") return "cancelled";
  return (
    FINISH_REASONS[told ?? "abort"] ?? (tokens.generatedTokens >= most ? "length" : "context-full")
  );
}

/** WebLLM has one name for both limits of a reply's length. */
const FINISH_REASONS: Partial<Record<ChatCompletionFinishReason, FinishReason>> = {
  stop: "stop",
  tool_calls: "stop",
  abort: "cancelled",
};
