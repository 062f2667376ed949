import type { EngineFailure, Result } from "./errors.ts";
import type { EngineProgress } from "./engine-progress.ts";
import type { EngineMeasure } from "./measures.ts";
import type { QualityLevel } from "./quality.ts";
import type { ReplyFigures } from "./reply-figures.ts";

/** What a model runs on. */
export type DeviceKind = "gpu" | "processor";

/**
 * What a model is to run on. `auto` is the graphics card where the browser gives one that is not software, and the
 * processor otherwise.
 */
export type DeviceChoice = "auto" | DeviceKind;

/** What WebLLM needs besides a model's files to run it, as its own list of models has it. */
export interface CompiledModel {
  /** Its `model_id`. */
  id: string;
  /** URL of the library that was compiled for it. */
  libraryUrl: string;
  /** Positions of the context that the library is run with. */
  contextTokens?: number | undefined;
  /** Positions of the sliding window; -1 turns off the one that the model's configuration has. */
  slidingWindowTokens?: number | undefined;
  /** Steps that a recurrent model's state can go back. */
  historySteps?: number | undefined;
  /** WebGPU features that the library cannot do without. */
  requiredFeatures?: readonly string[] | undefined;
  /** Name of the file in the model's directory that describes it, for a model that has one. */
  manifest?: string | undefined;
  /** Bytes on the GPU. */
  gpuBytes: number;
}

/**
 * Where a model lies: the absolute URL of its directory, to which a missing final slash is added, or of its GGUF file,
 * or the address of a local GGUF file.
 */
export interface ModelReference {
  url: string;
  /** The parts of a local model, in any order. Its address is that of the first one: `localModelAddress`. */
  files?: readonly File[] | undefined;
  /** Bytes of weights that may be downloaded, or the load fails as `download-not-agreed`. Absent: any number. */
  maxDownloadBytes?: number | undefined;
  /** `auto` if absent. A model that is loaded for another choice is loaded again. */
  device?: DeviceChoice | undefined;
  /** What WebLLM runs it with. Absent for a model that our own engine runs. */
  compiled?: CompiledModel | undefined;
  /** Positions that the KV cache has room for at most; absent for as many as the engine and the model can. */
  contextTokens?: number | undefined;
}

/**
 * Why a model's own chat template, which is a program, is not used:
 *
 * - `missing`: its file has none
 * - `too-long`, `too-slow`: it, or the text that it makes, is longer than any that is known; it takes too long
 * - `fails`: it cannot be read, or it refuses the simplest conversation
 * - `loses-contents`: it leaves out messages, repeats them or changes their order
 * - `depends-on-contents`: it writes messages otherwise than they are
 * - `unavailable`: nothing here can run it
 */
export type TemplateFault =
  | "missing"
  | "too-long"
  | "too-slow"
  | "fails"
  | "loses-contents"
  | "depends-on-contents"
  | "unavailable";

export interface SamplingDefaults {
  temperature: number;
  topP: number;
  repetitionPenalty: number;
}

/** What is known of a model once it is loaded. */
export interface ModelInfo {
  url: string;
  /** What the model is called, for a person: as its file says, or the last part of its address. */
  name: string;
  architecture: string;
  quantization: string;
  contextTokens: number;
  weightBytes: number;
  /** Bytes on the GPU: the weights and the KV cache. */
  gpuBytes: number;
  /** Fingerprint of the tokenizer: token ids mean the same only under the same one. */
  tokenizer: string;
  sampling: SamplingDefaults;
  /** Why the chat template of the model's family is used instead of the model's own; absent if its own is. */
  templateFault?: TemplateFault;
  /** Vendor, architecture and description of the GPU adapter, as the browser tells them, or those of the processor. */
  adapter: string;
  device: DeviceKind;
  /** How many threads of the processor run it. Absent on a GPU. */
  threads?: number;
  /** The engine cannot go on with a reply that was cut. Absent if it can. */
  cannotContinue?: true;
}

/** Token ids of one message, without template tokens. */
export interface MessageTokens {
  /** `ModelInfo.tokenizer` of the model that made them. */
  tokenizer: string;
  /** Those of the text. They decode to it on their own, whatever the model wrote before it. */
  ids: readonly number[];
  /**
   * Those that the model wrote before the text: its reasoning with the marks around it, and white space. A first mark
   * that the template wrote is not among them. Absent for a message without reasoning.
   */
  reasoningIds?: readonly number[];
}

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  text: string;
  /**
   * What the model thought before it wrote `text`, without marks and without white space around it. Only replies have
   * it. The chat template says whether the model is given it again.
   */
  reasoning?: string | undefined;
  /**
   * The tokens that the model really produced for the message. Without them, or with those of another tokenizer, its
   * texts are tokenised.
   */
  tokens?: MessageTokens | undefined;
}

/** How the next token is chosen. Absent fields take the model's defaults. */
export interface SamplingOptions {
  /** 0 is greedy. */
  temperature?: number;
  /** Only the k likeliest tokens are kept; 0 keeps all. */
  topK?: number;
  /** Only the smallest set of tokens whose probability reaches p is kept. */
  topP?: number;
  /** Only tokens are kept that are at least this fraction as likely as the likeliest. */
  minP?: number;
  /** Divides positive and multiplies negative logits of tokens already seen; 1 changes nothing. */
  repetitionPenalty?: number;
  /** The same seed gives the same text. Absent: a random one is taken. */
  seed?: number;
  maxTokens?: number;
  /** The reply's text ends before any of these, and before the model's own. Its reasoning may contain them. */
  stop?: readonly string[];
}

export type RunId = string;

export interface GenerateRequest {
  runId: RunId;
  conversationId: string;
  /**
   * The conversation from its beginning. The last message is the user's, or a reply that was cut and is to go on: then
   * `onDelta` is told what comes behind it, and the summary has all of it.
   */
  messages: readonly ChatMessage[];
  /**
   * When the conversation began, in milliseconds since 1970: the date that its prompt has, if the model's template
   * asks for one, on every day on which it goes on. Absent: 0.
   */
  begunAtMs?: number | undefined;
  sampling?: SamplingOptions;
  /**
   * Where old messages had to be dropped, prefill what is left afresh, instead of going on with K and V
   * that were computed with the dropped messages in view.
   */
  exactContext?: boolean;
  /** The level at which its rows are stored, and from which they may be restored; `exact` by default. */
  quality?: QualityLevel;
  /** Nothing of the conversation is stored, judged or learned from. It is in memory only, as long as the model is. */
  isTemporary?: boolean;
}

/** The part of a conversation that the model had in view. */
export interface ContextView {
  /** Number of messages dropped from the front, because the conversation is longer than the context window. */
  droppedMessages: number;
  /** Whether K and V of the kept messages were computed with dropped ones in view, and moved to new positions. */
  approximate: boolean;
}

export interface OpenRequest {
  conversationId: string;
  /** The conversation from its beginning, as a next turn would send it. */
  messages: readonly ChatMessage[];
  /** When the conversation began, as in a turn. */
  begunAtMs?: number | undefined;
  /** The level at which its rows may be restored, as in a turn; `exact` by default. */
  quality?: QualityLevel;
  /** As in a turn: nothing is stored, and nothing that is stored is used. */
  isTemporary?: boolean;
}

/** Tokens whose K and V are in place for the next turn: `resident = reused + loaded + recomputed`. */
export interface RestoreSummary {
  residentTokens: number;
  /** Tokens whose K and V were in place before. */
  reusedTokens: number;
  loadedTokens: number;
  recomputedTokens: number;
}

/** History whose K and V were not in place, so that all of it was run again. */
export interface Rereading {
  /** Tokens of the whole prompt. */
  tokens: number;
  ms: number;
}

/**
 * Why a reply has ended: the model has ended it, it has as many tokens as were asked for, the context is full, it was
 * cancelled, or it said the same again and again (`src/shared/repetition.ts`).
 */
export type FinishReason = "stop" | "length" | "context-full" | "cancelled" | "repetition";

export interface TurnSummary extends ReplyFigures {
  finishReason: FinishReason;
  text: string;
  /** As in `ChatMessage`; absent for a reply without any. A reply that was cut short may have nothing else. */
  reasoning?: string | undefined;
  /** Absent when a stop string cut the reply inside a token, or a token is part of both its reasoning and its text. */
  tokens?: MessageTokens | undefined;
  context: ContextView;
  /** Only an engine that stores no K and V tells this, where a conversation went on that was not in place. */
  rereading?: Rereading | undefined;
}

/** The pieces by which a reply has grown. Each ends on a whole character. */
export interface ReplyDelta {
  /** Comes before all text. Absent if the reasoning has not grown. */
  reasoning?: string;
  /** Empty if only the reasoning has grown. */
  text: string;
}

export type EngineStatus =
  | { phase: "idle" }
  /** Only the page says how long it takes about. */
  | {
      phase: "loading";
      url: string;
      loadedBytes: number;
      totalBytes: number;
      remainingMs?: number;
    }
  | { phase: "ready"; model: ModelInfo }
  /** The device was lost; the same model is being loaded again. */
  | { phase: "recovering" }
  /**
   * Another tab has its model on the GPU, and this one loads its own when it is to answer. `isAwaited` is true while
   * it waits for the other to leave. Only the page knows of this phase; no engine tells it.
   */
  | { phase: "elsewhere"; isAwaited: boolean }
  | { phase: "failed"; failure: EngineFailure };

export type EngineEvent =
  | { type: "status"; status: EngineStatus }
  | { type: "measure"; measure: EngineMeasure }
  | { type: "progress"; progress: EngineProgress };

/**
 * What the page may ask of every engine, whichever runs the model. Every value crosses to a worker by structured clone.
 *
 * Expected failures come back as `Result`; a rejected promise is a bug or a dead worker. What an engine must do is
 * tested by engine-api.conformance.ts. An engine that keeps KV in a store also answers `EngineStoring`, and one that
 * is to be measured `EngineMeasuring`.
 */
export interface EngineApi {
  /** Be told the status, progress and all measures from now on; the present status is told at once. One subscriber. */
  subscribe(onEvent: (event: EngineEvent) => void): Promise<void>;
  /** Load a model, replacing any other. Loading the one that is loaded returns at once. */
  load(model: ModelReference): Promise<Result<ModelInfo>>;
  /** Abort a load in progress, which returns `cancelled`. */
  cancelLoad(): Promise<void>;
  /**
   * Give the GPU back with everything on it, as soon as the turn that runs has ended and its rows are stored. The
   * next `load` begins anew.
   */
  release(): Promise<void>;
  /**
   * Bring a conversation's KV back before its next turn: what is stored is loaded, the rest prefilled.
   * Waits for a load of the model. Another `open`, or a turn, takes over from one that is under way.
   */
  open(conversation: OpenRequest): Promise<Result<RestoreSummary>>;
  /**
   * Restore a conversation that may soon be opened. It is `cancelled` where anything else is going on or comes to
   * be asked for, but an `open` of the same conversation goes on from it.
   */
  prefetch(conversation: OpenRequest): Promise<Result<RestoreSummary>>;
  /** Answer the last message, or go on with it. A reply that the engine cannot go on with is `cancelled`. Waits for a load in progress. `onDelta` is called in order, one call at a time. */
  generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<Result<TurnSummary>>;
  /** End a turn within one token. It resolves with what it has so far, as `cancelled`. */
  cancel(runId: RunId): Promise<void>;
}
