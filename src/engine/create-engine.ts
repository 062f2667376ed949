import { modelAddress } from "../model/sources/sources.ts";
import type { StartThread } from "../cpu/thread-pool.ts";
import type {
  DeviceChoice,
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
import type { EngineProgress } from "../protocol/engine-progress.ts";
import type { EngineCounting } from "../protocol/engine-counting.ts";
import type { EngineProcessor, ProcessorSpeed } from "../protocol/engine-processor.ts";
import type { ComparedForm, EngineMeasuring } from "../protocol/engine-measuring.ts";
import type { EngineStoring, IdleTerms } from "../protocol/engine-storing.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { ProgressTeller } from "../shared/progress-teller.ts";
import { resultOf } from "../shared/result-of.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { TemplateRenderer } from "../tokenizer/jinja/template-renderer.ts";
import { noRenderer } from "../tokenizer/jinja/worker-renderer.ts";
import { CachedConversation } from "./cached-conversation.ts";
import { OneRunAtATime } from "./one-run-at-a-time.ts";
import { orAborted } from "../shared/or-aborted.ts";
import { ConversationWork } from "./conversation-work.ts";
import { KvPersistence } from "./kv-persistence.ts";
import type { ReadyModel } from "./sequence/prepared-model.ts";
import { measureProcessor } from "./measure-processor.ts";
import { Resumptions } from "./sequence/resumptions.ts";
import { ModelSlot } from "./model-slot.ts";
import { TokenCounter } from "./token-counter.ts";

export interface EngineOptions {
  /** The largest size of a stored value, in bytes. */
  valueBytes?: number;
  /** Runs the chat templates that are programs. Without it, those of their families are used. */
  templates?: TemplateRenderer;
  /** Starts a further thread of the processor. Without it, there is one. */
  startThread?: StartThread;
  /** What models run on that are loaded without a choice; `auto` if absent. */
  device?: DeviceChoice;
}

/** Everything that the page, or a test, may ask of this engine. */
export type RekindleEngine = EngineApi &
  EngineStoring &
  EngineMeasuring &
  EngineProcessor &
  EngineCounting;

/** An engine of one model on one device, which does one turn at a time. */
export function createEngine(options: EngineOptions = {}): RekindleEngine {
  return new Engine(options);
}

class Engine implements RekindleEngine {
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #slowdown = 1;
  #scheme: RestorationScheme = "auto";
  readonly #runs = new OneRunAtATime<RestoreSummary>();
  readonly #cached = new CachedConversation();
  readonly #resumptions = new Resumptions();
  readonly #progress = new ProgressTeller((progress) => {
    this.#onEvent({ type: "progress", progress });
  });
  readonly #kv: KvPersistence;
  readonly #slot: ModelSlot;
  readonly #work: ConversationWork;
  readonly #startThread: StartThread | undefined;
  readonly #counter = new TokenCounter(() =>
    this.#runs.hasTurn ? undefined : this.#slot.loaded?.tokenizer,
  );

  constructor({ valueBytes, templates = noRenderer, startThread, device = "auto" }: EngineOptions) {
    this.#startThread = startThread;
    this.#slot = new ModelSlot({
      valueBytes,
      templates,
      startThread,
      device,
      onEvent: (event) => {
        this.#onEvent(event);
      },
      readRecord: (name) => this.#kv.earlyRecord(name),
      onGone: () => {
        this.#runs.abandonOpening();
      },
      leave: async (model) => {
        await this.#runs.abort();
        await this.#kv.settle(model);
      },
    });
    const onProgress = (progress: EngineProgress) => {
      this.#progress.tell(progress);
    };
    this.#kv = new KvPersistence({
      onMeasure: (measure) => {
        this.#resumptions.note(measure);
        this.#emit(measure);
      },
      onProgress,
    });
    this.#work = new ConversationWork({
      slot: this.#slot,
      cached: this.#cached,
      kv: this.#kv,
      resumptions: this.#resumptions,
      onProgress,
      onMeasure: (measure) => {
        this.#emit(measure);
      },
    });
  }

  subscribe(onEvent: (event: EngineEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    onEvent({ type: "status", status: this.#slot.status });
    return Promise.resolve();
  }

  load({ url, ...terms }: ModelReference) {
    return resultOf(async (): Promise<ModelInfo> => {
      const model = await this.#slot.load({ ...terms, url: modelAddress(url) });
      return model.info;
    });
  }

  cancelLoad(): Promise<void> {
    this.#slot.cancelLoad();
    return Promise.resolve();
  }

  async release(): Promise<void> {
    await this.#runs.end();
    const { loaded } = this.#slot;
    if (loaded) await this.#kv.settle(loaded);
    this.#cached.forget();
    this.#slot.unload();
  }

  attachStore(port: MessagePort): Promise<void> {
    this.#kv.attach(port);
    return Promise.resolve();
  }

  measureProcessor(): Promise<ProcessorSpeed | undefined> {
    return measureProcessor(this.#startThread);
  }

  countTokens(text: string): Promise<number | undefined> {
    return this.#counter.count(text);
  }

  saved(): Promise<void> {
    return this.#kv.saved();
  }

  setIdleTerms(terms: IdleTerms): Promise<void> {
    this.#kv.setIdleTerms(terms);
    return Promise.resolve();
  }

  throttleGpu(factor: number): Promise<void> {
    this.#slowdown = Math.max(1, factor);
    return Promise.resolve();
  }

  keepOnGpu(bytes: number): Promise<void> {
    this.#cached.limitParked(bytes);
    return Promise.resolve();
  }

  forceScheme(scheme: RestorationScheme): Promise<void> {
    this.#scheme = scheme;
    return Promise.resolve();
  }

  forceForm(form: ComparedForm | undefined): Promise<void> {
    this.#kv.forceForm(form);
    return Promise.resolve();
  }

  open(request: OpenRequest) {
    const forced = this.#forced;
    return resultOf(() =>
      this.#runs.open(request, (terms) => this.#work.restore(request, { ...terms, ...forced })),
    );
  }

  prefetch(request: OpenRequest) {
    const forced = this.#forced;
    return resultOf(async () => {
      if (this.#slot.status.phase !== "ready" || !this.#cached.canComeBack)
        throw new EngineError({ code: "cancelled" });
      return this.#runs.prefetch(request, (terms) =>
        this.#work.restore(request, { ...terms, ...forced }),
      );
    });
  }

  generate(request: GenerateRequest, onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    return resultOf(() =>
      this.#runs.runTurn(request.runId, async (cancelled) => {
        const model = await orAborted(this.#takeOver(request, cancelled), cancelled);
        if (!model) return NOTHING_SAID;
        return this.#work.answer(model, request, { onDelta, cancelled, ...this.#forced });
      }),
    );
  }

  cancel(runId: RunId): Promise<void> {
    this.#runs.cancel(runId);
    return Promise.resolve();
  }

  /** What a restoration is measured with. */
  get #forced() {
    return { slowdown: this.#slowdown, scheme: this.#scheme };
  }

  async #takeOver(request: GenerateRequest, abandoned: AbortSignal): Promise<ReadyModel> {
    await this.#runs.takeOver(request.conversationId, request.messages);
    return this.#work.prepareTurn(request, { ...this.#forced, abandoned });
  }

  #emit(measure: EngineMeasure): void {
    this.#onEvent({ type: "measure", measure });
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
