import type {
  ChatMessage,
  EngineApi,
  EngineEvent,
  EngineStatus,
  GenerateRequest,
  ModelInfo,
  ModelReference,
  OpenRequest,
  ReplyDelta,
  RestoreSummary,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import { fail, ok, type Result } from "../../protocol/errors.ts";

/** Address of the only model that the echo engine has. */
export const ECHO_MODEL = "https://echo.invalid/words/";

const INFO: ModelInfo = {
  url: ECHO_MODEL,
  name: "echo",
  architecture: "echo",
  quantization: "none",
  contextTokens: 1000,
  weightBytes: 0,
  gpuBytes: 0,
  tokenizer: "words",
  sampling: { temperature: 0, topP: 1, repetitionPenalty: 1 },
  adapter: "none",
  cannotContinue: true,
  device: "processor",
};

/** Waits for as long as every step of this engine takes. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 2));

const wordsOf = (messages: readonly ChatMessage[]): string[] =>
  messages.flatMap(({ text }) => text.match(/\s*\S+/g) ?? []);

/** An engine whose model repeats the last message. Each word is a token. */
export class EchoEngine implements EngineApi {
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #status: EngineStatus = { phase: "idle" };
  #loading: { isCancelled: boolean; done: Promise<void> } | undefined;
  #turn: { runId: string; isCancelled: boolean; done: Promise<void> } | undefined;
  /** Words whose K and V would be there in a real engine, so that they need not be read again. */
  #resident: readonly string[] = [];

  subscribe(onEvent: (event: EngineEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    onEvent({ type: "status", status: this.#status });
    return Promise.resolve();
  }

  async load({ url }: ModelReference): Promise<Result<ModelInfo>> {
    if (this.#status.phase === "ready") return ok(INFO);
    this.#become({ phase: "loading", url, loadedBytes: 0, totalBytes: 0 });
    const loading = { isCancelled: false, done: pause() };
    this.#loading = loading;
    await loading.done;
    this.#loading = undefined;
    if (loading.isCancelled) {
      this.#become({ phase: "idle" });
      return fail({ code: "cancelled" });
    }
    if (url !== ECHO_MODEL) {
      const failure = { code: "model-http-error", url, status: 404 } as const;
      this.#become({ phase: "failed", failure });
      return fail(failure);
    }
    this.#become({ phase: "ready", model: INFO });
    return ok(INFO);
  }

  cancelLoad(): Promise<void> {
    if (this.#loading) this.#loading.isCancelled = true;
    return Promise.resolve();
  }

  async release(): Promise<void> {
    await this.#turn?.done;
    this.#resident = [];
    this.#become({ phase: "idle" });
  }

  async open({ messages }: OpenRequest): Promise<Result<RestoreSummary>> {
    if (this.#turn) return fail({ code: "busy" });
    await this.#loading?.done;
    if (this.#status.phase !== "ready") return fail({ code: "model-not-loaded" });
    const words = wordsOf(messages);
    const reused = this.#read(words);
    return ok({
      residentTokens: words.length,
      reusedTokens: reused,
      loadedTokens: 0,
      recomputedTokens: words.length - reused,
    });
  }

  prefetch(request: OpenRequest): Promise<Result<RestoreSummary>> {
    const isFree = this.#status.phase === "ready" && !this.#turn;
    return isFree ? this.open(request) : Promise.resolve(fail({ code: "cancelled" }));
  }

  async generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<Result<TurnSummary>> {
    if (this.#turn) return fail({ code: "busy" });
    if (request.messages.at(-1)?.role === "assistant") return fail({ code: "cancelled" });
    let end: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (end = resolve));
    this.#turn = { runId: request.runId, isCancelled: false, done };
    try {
      await this.#loading?.done;
      const isReady = this.#status.phase === "ready" || this.#turn.isCancelled;
      if (!isReady) return fail({ code: "model-not-loaded" });
      return ok(await this.#answer(request, onDelta));
    } finally {
      this.#turn = undefined;
      end();
    }
  }

  cancel(runId: string): Promise<void> {
    if (this.#turn?.runId === runId) this.#turn.isCancelled = true;
    return Promise.resolve();
  }

  async #answer(
    { conversationId, messages, sampling }: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<TurnSummary> {
    const prompt = wordsOf(messages);
    const reused = this.#read(prompt);
    const words = wordsOf(messages.slice(-1));
    this.#tell({
      work: "prompt",
      conversationId,
      doneTokens: 0,
      totalTokens: prompt.length - reused,
    });
    const startMs = performance.now();
    const said: string[] = [];
    const most = sampling?.maxTokens ?? Infinity;
    while (said.length < Math.min(most, words.length) && !this.#turn?.isCancelled) {
      const text = words[said.length] ?? "";
      said.push(text);
      const generatedTokens = said.length;
      this.#tell({ work: "answer", conversationId, generatedTokens, tokensPerS: 0 });
      await onDelta({ text });
      await pause();
    }
    const isWhole = said.length === words.length;
    return {
      finishReason: this.#turn?.isCancelled ? "cancelled" : isWhole ? "stop" : "length",
      text: said.join(""),
      promptTokens: prompt.length,
      prefilledTokens: prompt.length - reused,
      generatedTokens: said.length,
      ttftMs: 0,
      decodeMs: performance.now() - startMs,
      context: { droppedMessages: 0, approximate: false },
    };
  }

  /** @returns how many of the words, from the front, had been read before */
  #read(words: readonly string[]): number {
    const differs = words.findIndex((word, i) => word !== this.#resident[i]);
    this.#resident = words;
    return differs === -1 ? words.length : differs;
  }

  #tell(progress: EngineProgress): void {
    this.#onEvent({ type: "progress", progress });
  }

  #become(status: EngineStatus): void {
    this.#status = status;
    this.#onEvent({ type: "status", status });
  }
}
