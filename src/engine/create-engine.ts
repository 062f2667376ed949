import { modelAddress } from "../model/sources/sources.ts";
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
import type { ComparedForm, EngineMeasuring } from "../protocol/engine-measuring.ts";
import type { EngineStoring } from "../protocol/engine-storing.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { resultOf } from "../shared/result-of.ts";
import { EngineError } from "../shared/engine-error.ts";
import { CachedConversation } from "./cached-conversation.ts";
import { OneRunAtATime } from "./one-run-at-a-time.ts";
import { orAborted } from "./or-aborted.ts";
import { untilLost } from "./until-lost.ts";
import { DeltaSender } from "./turn/delta-sender.ts";
import { Handover } from "./restore/handover.ts";
import { KvPersistence, type RestoreTerms } from "./kv-persistence.ts";
import type { ReadyModel, PreparedModel } from "./sequence/prepared-model.ts";
import { ModelSlot } from "./model-slot.ts";
import { runTurn } from "./turn/turn.ts";

export interface EngineOptions {
  /** A stored value is to be this large at most. */
  valueBytes?: number;
}

/** Everything that the page, or a test, may ask of this engine. */
export type RekindleEngine = EngineApi & EngineStoring & EngineMeasuring;

/** One model on one device, one turn at a time. */
export function createEngine(options: EngineOptions = {}): RekindleEngine {
  return new Engine(options);
}

class Engine implements RekindleEngine {
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #slowdown = 1;
  #scheme: RestorationScheme = "auto";
  readonly #runs = new OneRunAtATime<RestoreSummary>();
  readonly #cached = new CachedConversation();
  readonly #kv = new KvPersistence((measure) => {
    this.#emit(measure);
  });
  readonly #slot: ModelSlot;

  constructor({ valueBytes }: EngineOptions) {
    this.#slot = new ModelSlot({
      valueBytes,
      onEvent: (event) => {
        this.#onEvent(event);
      },
      onReplace: () => {
        this.#runs.abort();
      },
    });
  }

  subscribe(onEvent: (event: EngineEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    onEvent({ type: "status", status: this.#slot.status });
    return Promise.resolve();
  }

  load({ url, maxDownloadBytes }: ModelReference) {
    return resultOf(async (): Promise<ModelInfo> => {
      const model = await this.#slot.load({ url: modelAddress(url), maxDownloadBytes });
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

  saved(): Promise<void> {
    return this.#kv.saved();
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
      this.#runs.open(request, (terms) => this.#restore(request, { ...terms, ...forced })),
    );
  }

  prefetch(request: OpenRequest) {
    const forced = this.#forced;
    return resultOf(async () => {
      if (this.#slot.status.phase !== "ready" || !this.#cached.canComeBack)
        throw new EngineError({ code: "cancelled" });
      return this.#runs.prefetch(request, (terms) =>
        this.#restore(request, { ...terms, ...forced }),
      );
    });
  }

  generate(request: GenerateRequest, onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    return resultOf(() =>
      this.#runs.runTurn(request.runId, async (cancelled) => {
        const model = await orAborted(this.#takeOver(request, cancelled), cancelled);
        return model ? await this.#answer(model, { request, onDelta, cancelled }) : NOTHING_SAID;
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

  async #restore(request: OpenRequest, terms: RestoreTerms): Promise<RestoreSummary> {
    const model = await orAborted(this.#slot.prepared(), terms.abandoned);
    if (!model || terms.abandoned.aborted) throw new EngineError({ code: "cancelled" });
    const work = async () => {
      await this.#enter(model, request.conversationId);
      return this.#kv.restore(model, request, terms);
    };
    const summary = await untilLost(model.gpu.device, work());
    // Chunks that were not stored, or no longer, are stored for the next time.
    this.#kv.advance(model, request);
    return summary;
  }

  /** The model's cache becomes this conversation's, when nothing that was stored or judged uses it. */
  async #enter(model: PreparedModel, conversationId: string): Promise<void> {
    await this.#kv.settle(model);
    await this.#cached.replaceBy(model, conversationId);
  }

  /** The model, when nothing else is using it: a restoration of this conversation may end its reading. */
  async #takeOver(request: GenerateRequest, abandoned: AbortSignal): Promise<ReadyModel> {
    const { conversationId, messages } = request;
    await this.#runs.takeOver(conversationId, messages);
    const prepared = await this.#slot.prepared();
    if (!this.#cached.is(prepared, conversationId)) {
      // It was sent before it could be opened: what is stored of it is loaded, the turn does the rest.
      const work = async () => {
        await this.#enter(prepared, conversationId);
        const handover = new Handover();
        handover.take(messages);
        const terms = { ...this.#forced, abandoned, handover };
        if (this.#kv.hasStore) await this.#kv.restore(prepared, request, terms);
      };
      await untilLost(prepared.gpu.device, work());
    }
    const model = await this.#slot.ready();
    await this.#kv.begin(model, request);
    return model;
  }

  async #answer(
    model: ReadyModel,
    { request, onDelta, cancelled }: AnswerOptions,
  ): Promise<TurnSummary> {
    const sender = new DeltaSender(onDelta);
    const turn = runTurn(model, request, {
      signal: cancelled,
      onText: (text) => {
        sender.push(text);
      },
      onMeasure: (measure) => {
        if (measure.name === "chat.prefill") learnPrefill(model, measure);
        this.#emit(measure);
      },
      onRows: () => {
        this.#kv.advance(model, request);
      },
      slowdown: this.#slowdown,
    });
    const summary = await untilLost(model.gpu.device, turn);
    this.#kv.finish(model, request);
    await sender.flushed();
    return summary;
  }

  #emit(measure: EngineMeasure): void {
    this.#onEvent({ type: "measure", measure });
  }
}

interface AnswerOptions {
  request: GenerateRequest;
  onDelta: (delta: ReplyDelta) => void | Promise<void>;
  cancelled: AbortSignal;
}

/** What a prompt took is what recomputing rows takes. */
function learnPrefill(
  { restorationCosts, config: { layers } }: ReadyModel,
  { startEpochMs, endEpochMs, detail }: Extract<EngineMeasure, { name: "chat.prefill" }>,
): void {
  const { prefilledTokens: tokens, reusedTokens: position } = detail;
  restorationCosts.learnPrefill({ tokens, position, layers, ms: endEpochMs - startEpochMs });
}

/** What a turn has to show that was cancelled before there was a model. */
const NOTHING_SAID: TurnSummary = {
  finishReason: "cancelled",
  text: "",
  promptTokens: 0,
  prefilledTokens: 0,
  generatedTokens: 0,
  context: { droppedMessages: 0, approximate: false },
};
