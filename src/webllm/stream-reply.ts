import type {
  ChatCompletionChunk,
  ChatCompletionFinishReason,
  ChatCompletionRequestStreaming,
  MLCEngineInterface,
} from "@mlc-ai/web-llm";
import { EngineError } from "../shared/engine-error.ts";
import { orLasting } from "../shared/or-lasting.ts";
import type { Usage } from "./turn-times.ts";

interface StreamTerms {
  engine: Pick<MLCEngineInterface, "chatCompletion" | "interruptGenerate">;
  request: ChatCompletionRequestStreaming;
  /** Aborted when no more of the reply is wanted. */
  signal: AbortSignal;
  /** Resolves when the device is lost, after which WebLLM may never answer. */
  lost: Promise<EngineError>;
  /** Called with every piece of the reply. @returns whether more of it is wanted */
  onPiece: (piece: string) => boolean;
}

/** How a reply has ended. */
export interface StreamEnd {
  /** Undefined where the reply was abandoned before its first token. */
  finishReason: ChatCompletionFinishReason | undefined;
  usage: Usage | undefined;
  /** Pieces that came. */
  pieces: number;
}

/**
 * Has WebLLM write a reply, piece by piece. It is interrupted within a token of the signal, and then still says what it
 * has used. While it runs a prompt it cannot be interrupted: then nothing is waited for.
 *
 * @throws EngineError `device-lost`, and whatever WebLLM throws
 */
export async function streamReply(terms: StreamTerms): Promise<StreamEnd> {
  const { engine, request, signal, lost, onPiece } = terms;
  const end: StreamEnd = { finishReason: undefined, usage: undefined, pieces: 0 };
  const interrupt = () => engine.interruptGenerate();
  signal.addEventListener("abort", interrupt);
  try {
    const stream = await orLost(engine.chatCompletion(request), lost);
    const chunks = stream[Symbol.asyncIterator]();
    for (;;) {
      const next = orLost(chunks.next(), lost);
      const result =
        end.pieces === 0 ? await Promise.race([next, whenAborted(signal)]) : await next;
      if (result === undefined) {
        abandon(chunks, next);
        return end;
      }
      if (result.done) return end;
      const isWanted = take(end, result.value, onPiece);
      // WebLLM forgets an interruption that comes before it has begun.
      if (!isWanted || signal.aborted) interrupt();
    }
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

/** What the promise gives. @throws EngineError as soon as the device is lost */
async function orLost<T>(promise: Promise<T>, lost: Promise<EngineError>): Promise<T> {
  const given = await orLasting(promise, lost);
  if (given instanceof EngineError) throw given;
  return given;
}

/** @returns whether more is wanted */
function take(
  end: StreamEnd,
  { choices: [choice], usage }: ChatCompletionChunk,
  onPiece: StreamTerms["onPiece"],
): boolean {
  if (usage) end.usage = usage;
  if (choice?.finish_reason) end.finishReason = choice.finish_reason;
  const piece = choice?.delta.content ?? "";
  if (choice?.delta.content === undefined) return true;
  end.pieces++;
  return onPiece(piece);
}

/** Has WebLLM end the reply as soon as it has run the prompt. */
function abandon(chunks: AsyncIterator<ChatCompletionChunk>, next: Promise<unknown>): void {
  next.catch(() => undefined);
  chunks.return?.().catch(() => undefined);
}

const whenAborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
