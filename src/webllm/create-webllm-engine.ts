import type {
  EngineApi,
  EngineEvent,
  GenerateRequest,
  ModelInfo,
  ModelReference,
  OpenRequest,
  ReplyDelta,
  RestoreSummary,
  RunId,
  TurnSummary,
} from "../protocol/engine-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import { orAborted } from "../shared/or-aborted.ts";
import { ProgressTeller } from "../shared/progress-teller.ts";
import { resultOf } from "../shared/result-of.ts";
import { sentMessages, withoutSystem } from "./chat-request.ts";
import { HeldConversation } from "./held-conversation.ts";
import { runWebLlmTurn, TurnMemory } from "./webllm-turn.ts";
import { WebLlmSlot, type WebLlmParts } from "./webllm-slot.ts";

/** WebLLM as an engine of this page: for models that our own engine cannot run. It stores no K and V. */
export function createWebLlmEngine(parts: WebLlmParts): EngineApi {
  return new WebLlmEngine(parts);
}

interface RunningTurn {
  id: RunId;
  abort: AbortController;
  done: Promise<void>;
}

class WebLlmEngine implements EngineApi {
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #turn: RunningTurn | undefined;
  readonly #progress = new ProgressTeller((progress) => {
    this.#onEvent({ type: "progress", progress });
  });
  #memory = new TurnMemory(new HeldConversation());
  readonly #slot: WebLlmSlot;

  constructor(parts: WebLlmParts) {
    this.#slot = new WebLlmSlot(parts, {
      onEvent: (event) => {
        this.#onEvent(event);
      },
      onReplace: async () => {
        this.#memory = new TurnMemory(new HeldConversation());
        this.#turn?.abort.abort();
        await this.#turn?.done;
      },
    });
  }

  subscribe(onEvent: (event: EngineEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    onEvent({ type: "status", status: this.#slot.status });
    return Promise.resolve();
  }

  load(model: ModelReference) {
    return resultOf(async (): Promise<ModelInfo> => (await this.#slot.load(model)).info);
  }

  cancelLoad(): Promise<void> {
    this.#slot.cancelLoad();
    return Promise.resolve();
  }

  async release(): Promise<void> {
    await this.#turn?.done;
    await this.#slot.unload();
  }

  /** Nothing is stored that could be restored: what is not in place is run by the next turn. */
  open({ messages }: OpenRequest) {
    return resultOf(async (): Promise<RestoreSummary> => {
      if (this.#turn) throw new EngineError({ code: "busy" });
      const { takesSystem } = await this.#slot.ready();
      const { held } = this.#memory;
      const sent = sentMessages(messages);
      const tokens = held.matches(takesSystem ? sent : withoutSystem(sent)) ? held.tokens : 0;
      return { residentTokens: tokens, reusedTokens: tokens, loadedTokens: 0, recomputedTokens: 0 };
    });
  }

  prefetch(request: OpenRequest) {
    if (this.#turn || this.#slot.status.phase !== "ready")
      return resultOf((): Promise<RestoreSummary> => {
        throw new EngineError({ code: "cancelled" });
      });
    return this.open(request);
  }

  generate(request: GenerateRequest, onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    return resultOf(async (): Promise<TurnSummary> => {
      if (this.#turn) throw new EngineError({ code: "busy" });
      // WebLLM takes no conversation whose last message is a reply: `ModelInfo.cannotContinue`.
      if (request.messages.at(-1)?.role === "assistant")
        throw new EngineError({ code: "cancelled" });
      const abort = new AbortController();
      let end: () => void = () => undefined;
      const done = new Promise<void>((resolve) => (end = resolve));
      this.#turn = { id: request.runId, abort, done };
      try {
        const model = await orAborted(this.#slot.ready(), abort.signal);
        if (!model) return NOTHING_SAID;
        const answered = runWebLlmTurn(model, request, {
          memory: this.#memory,
          onDelta,
          onMeasure: (measure) => {
            this.#onEvent({ type: "measure", measure });
          },
          onProgress: (progress) => {
            this.#progress.tell(progress);
          },
          cancelled: abort.signal,
        });
        answered.catch((error: unknown) => {
          if (error instanceof EngineError && error.failure.code === "webllm-failed")
            this.#slot.renew(model);
        });
        return await answered;
      } finally {
        this.#turn = undefined;
        end();
      }
    });
  }

  cancel(runId: RunId): Promise<void> {
    if (this.#turn?.id === runId) this.#turn.abort.abort();
    return Promise.resolve();
  }
}

/** The summary of a turn that was cancelled before there was a model. */
const NOTHING_SAID: TurnSummary = {
  finishReason: "cancelled",
  text: "",
  promptTokens: 0,
  prefilledTokens: 0,
  generatedTokens: 0,
  context: { droppedMessages: 0, approximate: false },
};
