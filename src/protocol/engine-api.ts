import type { EngineFailure, Result } from "./errors.ts";
import type { EngineMeasure } from "./measures.ts";
import type { QualityLevel } from "./quality.ts";

/** Where an MLC model directory lies. An absolute URL; a missing final slash is added. */
export interface ModelReference {
  url: string;
  /** Weights that may be downloaded, in bytes: `download-not-agreed` where there are more. Absent: all. */
  maxDownloadBytes?: number | undefined;
}

export interface SamplingDefaults {
  temperature: number;
  topP: number;
  repetitionPenalty: number;
}

/** What is known of a model once it is loaded. */
export interface ModelInfo {
  url: string;
  architecture: string;
  quantization: string;
  contextTokens: number;
  weightBytes: number;
  /** On the GPU: weights and KV cache. */
  gpuBytes: number;
  /** Fingerprint of the tokenizer: token ids mean the same only under the same one. */
  tokenizer: string;
  sampling: SamplingDefaults;
  /** Vendor, architecture and description of the GPU adapter, as the browser tells them. */
  adapter: string;
}

/** Token ids of one message's text, without template tokens. */
export interface MessageTokens {
  /** `ModelInfo.tokenizer` of the model that made them. */
  tokenizer: string;
  ids: readonly number[];
}

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  text: string;
  /** The tokens the model really produced for `text`; without them, or with another tokenizer's, the text is tokenised. */
  tokens?: MessageTokens | undefined;
}

/** How the next token is chosen. Absent fields take the model's defaults. */
export interface SamplingOptions {
  /** 0 is greedy. */
  temperature?: number;
  /** Keep the k likeliest; 0 keeps all. */
  topK?: number;
  /** Keep the smallest set whose probability reaches p. */
  topP?: number;
  /** Keep tokens at least this fraction as likely as the likeliest. */
  minP?: number;
  /** 1 is none; divides positive and multiplies negative logits of tokens already seen. */
  repetitionPenalty?: number;
  /** Same seed, same text. Absent: a random one. */
  seed?: number;
  maxTokens?: number;
  /** Besides the model's own: generation ends before any of these. */
  stop?: readonly string[];
}

export type RunId = string;

export interface GenerateRequest {
  runId: RunId;
  conversationId: string;
  /** The conversation from its beginning; the last message is the user's. */
  messages: readonly ChatMessage[];
  sampling?: SamplingOptions;
  /**
   * When old messages had to be dropped: prefill what is left afresh, rather than go on with K and V
   * that were computed with the dropped ones in view.
   */
  exactContext?: boolean;
  /** Of what is stored of it, and of what it may be restored from; `exact` by default. */
  quality?: QualityLevel;
}

/** What of a conversation the model had in view. */
export interface ContextView {
  /** Messages dropped from the front, because the conversation is longer than the context window. */
  droppedMessages: number;
  /** K and V of what was kept were computed with dropped messages in view, and moved to new positions. */
  approximate: boolean;
}

export interface OpenRequest {
  conversationId: string;
  /** The conversation from its beginning, as a next turn would send it. */
  messages: readonly ChatMessage[];
  /** As in a turn. */
  quality?: QualityLevel;
}

/** Tokens whose K and V are in place for the next turn: `resident = reused + loaded + recomputed`. */
export interface RestoreSummary {
  residentTokens: number;
  /** Were there before. */
  reusedTokens: number;
  loadedTokens: number;
  recomputedTokens: number;
}

export type FinishReason = "stop" | "length" | "context-full" | "cancelled";

export interface TurnSummary {
  finishReason: FinishReason;
  text: string;
  /** Absent when the text was cut inside a token (a stop string ended there). */
  tokens?: MessageTokens | undefined;
  promptTokens: number;
  prefilledTokens: number;
  generatedTokens: number;
  context: ContextView;
}

/** The reply so far grew by `text`, which always ends on a whole character. */
export interface ReplyDelta {
  text: string;
}

export type EngineStatus =
  | { phase: "idle" }
  | { phase: "loading"; url: string; loadedBytes: number; totalBytes: number }
  | { phase: "ready"; model: ModelInfo }
  /** The device was lost; the same model is being loaded again. */
  | { phase: "recovering" }
  /**
   * Another tab has its model on the GPU: this one loads its own when it is to answer; `isAwaited` while it
   * waits for the other to leave. Known to the page only.
   */
  | { phase: "elsewhere"; isAwaited: boolean }
  | { phase: "failed"; failure: EngineFailure };

export type EngineEvent =
  { type: "status"; status: EngineStatus } | { type: "measure"; measure: EngineMeasure };

/**
 * What the page may ask of the engine worker. Every value crosses by structured clone.
 *
 * Expected failures come back as `Result`; a rejected promise is a bug or a dead worker.
 */
export interface EngineApi {
  /** Status and measures from now on; the current status is sent at once. One subscriber. */
  subscribe(onEvent: (event: EngineEvent) => void): Promise<void>;
  /** Load a model, replacing any other. Loading the one that is loaded returns at once. */
  load(model: ModelReference): Promise<Result<ModelInfo>>;
  /** Abort a load in progress: it returns `cancelled`. */
  cancelLoad(): Promise<void>;
  /**
   * Give the GPU back, with the model and whatever is there besides: when the turn that runs has ended and
   * its rows are stored. The next `load` begins anew.
   */
  release(): Promise<void>;
  /**
   * Bring a conversation's KV back before its next turn: what is stored is loaded, the rest prefilled.
   * Waits for a load of the model. Another `open`, or a turn, takes over from one that is under way.
   */
  open(conversation: OpenRequest): Promise<Result<RestoreSummary>>;
  /**
   * Restore a conversation that may soon be opened, when nothing else is going on. Whatever else is asked
   * for goes first: it is `cancelled` then, but an `open` of the same conversation goes on from it.
   */
  prefetch(conversation: OpenRequest): Promise<Result<RestoreSummary>>;
  /** One turn. Waits for a load in progress. `onDelta` is called in order, one call at a time. */
  generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<Result<TurnSummary>>;
  /** End a turn within one token; it resolves with what it has and `cancelled`. */
  cancel(runId: RunId): Promise<void>;
}
