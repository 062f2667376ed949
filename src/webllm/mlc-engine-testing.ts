import type {
  AppConfig,
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatCompletionRequestBase,
  ChatCompletionRequestNonStreaming,
  ChatCompletionRequestStreaming,
  InitProgressCallback,
  MLCEngineInterface,
} from "@mlc-ai/web-llm";

interface Message {
  role: string;
  content: string;
}

/** An error of WebLLM's, most of whose classes are known by their names only. */
export function webLlmError(name: string, message = ""): Error {
  return Object.assign(new Error(message), { name });
}

const wordsOf = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

/** Tokens that the template puts around each message. */
const AROUND_MESSAGE = 2;

const tokensOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + wordsOf(content).length + AROUND_MESSAGE, 0);

const pause = (ms = 2) => new Promise<void>((resolve) => setTimeout(resolve, ms));

type Finish = "stop" | "length" | "abort";

/**
 * Stands for WebLLM's `MLCEngine` of version 0.2.86, which needs a GPU and a compiled library. Its events come in the order
 * and in the form in which that version sends them: deltas, a last chunk with the reason, a chunk with the usage; it goes on
 * with a conversation where that version does, counts what that counts, and refuses what that refuses. Its tokens are
 * words, and its model repeats the last message.
 */
export class RecordedMlcEngine implements MLCEngineInterface {
  /** What it was asked, in order. */
  readonly requests: ChatCompletionRequestStreaming[] = [];
  appConfig: AppConfig | undefined;
  isLoaded = false;
  unloads = 0;
  /** What the next `reload` fails with. */
  reloadError: Error | undefined;
  /** What the next reply fails with, after its second word. */
  decodeError: Error | undefined;
  /** Milliseconds that each step takes. */
  stepMs = 2;
  /** What it replies, in place of the last message. */
  reply: string | undefined;
  contextTokens = 1000;
  #onProgress: InitProgressCallback | undefined;
  #isInterrupted = false;
  #conversation: Message[] = [];
  #finish: Finish | undefined;
  #busy: Promise<void> = Promise.resolve();
  #leaveReload: (() => void) | undefined;

  // The page calls `chatCompletion` itself.
  readonly chat = undefined as never;
  readonly completions = undefined as never;
  readonly embeddings = undefined as never;

  setInitProgressCallback = (onProgress: InitProgressCallback): void => {
    this.#onProgress = onProgress;
  };
  getInitProgressCallback = () => this.#onProgress;
  setAppConfig = (appConfig: AppConfig): void => {
    this.appConfig = appConfig;
  };
  setLogLevel = (): void => undefined;

  reload = async (modelId: string | string[]): Promise<void> => {
    await this.unload();
    const aborted = new Promise<boolean>((resolve) => (this.#leaveReload = () => resolve(true)));
    for (const progress of [0, 0.5, 1]) {
      this.#onProgress?.({ progress, timeElapsed: 0, text: "Loading model from cache" });
      // That version swallows its own abort, and then has no model.
      if (await Promise.race([aborted, pause(this.stepMs).then(() => false)])) return;
    }
    if (this.reloadError) throw this.reloadError;
    if (!this.appConfig?.model_list.some(({ model_id }) => model_id === modelId))
      throw webLlmError("ModelNotFoundError");
    this.#leaveReload = undefined;
    this.isLoaded = true;
  };

  unload = async (): Promise<void> => {
    this.unloads++;
    this.#leaveReload?.();
    this.#leaveReload = undefined;
    this.isLoaded = false;
    this.#conversation = [];
    await pause(0);
  };

  interruptGenerate = (): void => {
    this.#isInterrupted = true;
  };

  chatCompletion(request: ChatCompletionRequestNonStreaming): Promise<ChatCompletion>;
  chatCompletion(
    request: ChatCompletionRequestStreaming,
  ): Promise<AsyncIterable<ChatCompletionChunk>>;
  chatCompletion(
    request: ChatCompletionRequestBase,
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion>;
  chatCompletion(
    request: ChatCompletionRequest,
  ): Promise<AsyncIterable<ChatCompletionChunk> | ChatCompletion> {
    if (!this.isLoaded) return Promise.reject(webLlmError("ModelNotLoadedError"));
    if (!request.stream) return Promise.reject(new Error("only streams are asked for"));
    this.requests.push(request);
    return Promise.resolve(this.#stream(request));
  }

  async *#stream(request: ChatCompletionRequestStreaming): AsyncGenerator<ChatCompletionChunk> {
    const before = this.#busy;
    let release: () => void = () => undefined;
    this.#busy = new Promise((resolve) => (release = resolve));
    await before;
    try {
      this.#isInterrupted = false;
      const startMs = performance.now();
      const promptTokens = this.#prefill(request);
      await pause(this.stepMs);
      const prefillS = (performance.now() - startMs) / 1000;
      yield* this.#decode(request, { promptTokens, prefillS });
    } finally {
      this.#finish ??= "abort";
      release();
    }
  }

  /** @returns how many tokens had to be run */
  #prefill({ messages }: ChatCompletionRequestStreaming): number {
    const all = messages.map(({ role, content }) => ({ role, content: textOf(content) }));
    const history = all.slice(0, -1);
    const isSame = JSON.stringify(history) === JSON.stringify(this.#conversation);
    const isHeld = isSame && history.length > 0 && this.#finish === "stop";
    const run = isHeld ? all.slice(-1) : all;
    const filled = isHeld ? tokensOf(history) : 0;
    const promptTokens = tokensOf(run);
    this.#finish = undefined;
    this.#conversation = all;
    if (filled + promptTokens > this.contextTokens)
      throw webLlmError(
        "ContextWindowSizeExceededError",
        `Prompt tokens exceed context window size: number of prompt tokens: ${promptTokens}; ` +
          `context window size: ${this.contextTokens}\nConsider shortening the prompt`,
      );
    return promptTokens;
  }

  async *#decode(
    request: ChatCompletionRequestStreaming,
    { promptTokens, prefillS }: { promptTokens: number; prefillS: number },
  ): AsyncGenerator<ChatCompletionChunk> {
    const words = wordsOf(this.reply ?? this.#conversation.at(-1)?.content ?? "");
    const room = this.contextTokens - tokensOf(this.#conversation);
    const most = Math.min(request.max_tokens ?? Infinity, room);
    const said: string[] = [];
    while (this.#finish === undefined) {
      if (this.#isInterrupted) this.#finish = "abort";
      else if (said.length === words.length) this.#finish = "stop";
      else {
        if (said.length > 0) await pause(this.stepMs);
        if (said.length === 2 && this.decodeError) throw this.decodeError;
        const word = words[said.length] ?? "";
        said.push(word);
        yield this.#chunk({
          choices: [{ delta: { content: word, role: "assistant" }, ...CHOICE }],
        });
        if (said.length >= most && said.length < words.length) this.#finish = "length";
      }
    }
    this.#conversation.push({ role: "assistant", content: said.join("") });
    yield this.#chunk({ choices: [{ delta: {}, index: 0, finish_reason: this.#finish }] });
    yield this.#chunk({
      choices: [],
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: said.length,
        total_tokens: promptTokens + said.length,
        extra: {
          e2e_latency_s: prefillS,
          prefill_tokens_per_s: promptTokens / prefillS,
          decode_tokens_per_s: 100,
          time_to_first_token_s: prefillS,
          time_per_output_token_s: 0.01,
        },
      },
    });
  }

  #chunk(fields: Pick<ChatCompletionChunk, "choices" | "usage">): ChatCompletionChunk {
    return { id: "c", created: 0, model: "m", object: "chat.completion.chunk", ...fields };
  }

  completion = () => refuse();
  embedding = () => refuse();
  listResumableSessions = () => refuse();
  resumeChatCompletion = () => refuse();
  deleteResumableSession = () => refuse();
  runtimeStatsText = () => refuse();
  resetChat = () => refuse();
  getMessage = () => refuse();
  getMaxStorageBufferBindingSize = () => refuse();
  getGPUVendor = () => refuse();
  forwardTokensAndSample = () => refuse();
}

/** The page sends texts only. */
function textOf(content: unknown): string {
  if (typeof content !== "string") throw new Error("only texts are sent");
  return content;
}

const CHOICE = { index: 0, finish_reason: null, logprobs: null } as const;

const refuse = (): Promise<never> => Promise.reject(new Error("this page does not ask for it"));
