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
import { DeltaSender } from "./turn/delta-sender.ts";
import { Handover } from "./restore/handover.ts";
import { KvPersistence, type RestoreTerms } from "./kv-persistence.ts";
import { isSameModel, type ReadyModel, type PreparedModel } from "./sequence/prepared-model.ts";
import { ModelSlot } from "./model-slot.ts";
import { PARKED_BYTES } from "./sequence/parked-rows.ts";
import { runTurn } from "./turn/turn.ts";

/** A turn, from its request to its answer. */
interface Run {
  id: RunId;
  abort: AbortController;
  done: Promise<void>;
}

/** A restoration under way. */
interface Opening {
  request: OpenRequest;
  restored: Promise<RestoreSummary>;
  abandoned: AbortController;
  handover: Handover;
  /** Settles when it no longer touches the model. Never rejects. */
  done: Promise<void>;
}

/** How long a failed turn waits to learn that its device was lost. */
const LOSS_GRACE_MS = 1000;

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
  #run: Run | undefined;
  #opening: Opening | undefined;
  /** Whose rows the cache holds, as far as they go. */
  #resident: { model: PreparedModel; conversationId: string } | undefined;
  #slowdown = 1;
  #scheme: RestorationScheme = "auto";
  #parkedBytes = PARKED_BYTES;
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
        this.#run?.abort.abort();
        this.#opening?.abandoned.abort();
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
    await this.#run?.done;
    this.#opening?.abandoned.abort();
    await this.#opening?.done;
    const { loaded } = this.#slot;
    if (loaded) await this.#kv.settle(loaded);
    this.#resident = undefined;
    this.#slot.unload();
  }

  attachStore(port: MessagePort): Promise<void> {
    this.#kv.attach(port);
    return Promise.resolve();
  }

  open(request: OpenRequest) {
    return resultOf(async () => {
      if (this.#run) throw new EngineError({ code: "busy" });
      const before = this.#opening;
      // Asked for again, or prefetched: it goes on.
      if (before && isSameRequest(before.request, request)) return before.restored;
      before?.abandoned.abort();
      return this.#begin(request, before?.done).restored;
    });
  }

  prefetch(request: OpenRequest) {
    return resultOf(async () => {
      const isBusy = this.#run !== undefined || this.#opening !== undefined;
      if (isBusy || this.#slot.status.phase !== "ready" || !this.#canComeBack)
        throw new EngineError({ code: "cancelled" });
      return this.#begin(request, undefined).restored;
    });
  }

  throttleGpu(factor: number): Promise<void> {
    this.#slowdown = Math.max(1, factor);
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

  keepOnGpu(bytes: number): Promise<void> {
    this.#parkedBytes = bytes;
    this.#resident?.model.parked.limit(bytes);
    return Promise.resolve();
  }

  generate(request: GenerateRequest, onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    return resultOf(async () => {
      if (this.#run) throw new EngineError({ code: "busy" });
      let end: () => void = ignore;
      const done = new Promise<void>((resolve) => (end = resolve));
      const run = { id: request.runId, abort: new AbortController(), done };
      this.#run = run;
      try {
        const taken = this.#takeOver(request, run.abort.signal);
        const model = await orAborted(taken, run.abort.signal);
        return model ? await this.#answer(model, request, onDelta) : NOTHING_SAID;
      } finally {
        this.#run = undefined;
        end();
      }
    });
  }

  saved(): Promise<void> {
    return this.#kv.saved();
  }

  cancel(runId: RunId): Promise<void> {
    if (this.#run?.id === runId) this.#run.abort.abort();
    return Promise.resolve();
  }

  #begin(request: OpenRequest, before: Promise<void> | undefined): Opening {
    const abandoned = new AbortController();
    const handover = new Handover();
    const terms = { ...this.#paceAndScheme, abandoned: abandoned.signal, handover };
    const restored = this.#restore(request, terms, before);
    const done = restored.then(ignore, ignore);
    const opening: Opening = { request, restored, abandoned, handover, done };
    this.#opening = opening;
    void done.then(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #restore(
    request: OpenRequest,
    terms: RestoreTerms,
    before: Promise<void> | undefined,
  ): Promise<RestoreSummary> {
    await before;
    const model = await orAborted(this.#slot.prepared(), terms.abandoned);
    if (!model || terms.abandoned.aborted) throw new EngineError({ code: "cancelled" });
    const work = async () => {
      await this.#enter(model, request.conversationId);
      return this.#kv.restore(model, request, terms);
    };
    const summary = await untilLost(model.gpu.device, work());
    // What was not stored any more, or never was, is the next time.
    this.#kv.advance(model, request);
    return summary;
  }

  /** The model's cache becomes this conversation's; whose it was stays on the GPU beside it, if it can. */
  async #enter(model: PreparedModel, conversationId: string): Promise<void> {
    await this.#kv.settle(model);
    if (this.#isResident(model, conversationId)) return;
    const { parked, resident } = model;
    parked.limit(this.#parkedBytes);
    const before = this.#resident;
    if (before && isSameModel(before.model, model)) parked.park(before.conversationId, resident);
    this.#resident = { model, conversationId };
    const rows = await parked.take(conversationId);
    if (rows) resident.restoreFrom(rows);
  }

  get #paceAndScheme() {
    return { slowdown: this.#slowdown, scheme: this.#scheme };
  }

  #isResident(model: PreparedModel, conversationId: string): boolean {
    const resident = this.#resident;
    return resident?.conversationId === conversationId && isSameModel(resident.model, model);
  }

  /** Whether leaving the conversation that is resident costs nothing. */
  get #canComeBack(): boolean {
    const { model } = this.#resident ?? {};
    return model === undefined || model.parked.hasRoomFor(model.resident.length);
  }

  /** The model, when nobody else is using it: a restoration of this conversation may end its reading. */
  async #takeOver(request: GenerateRequest, abandoned: AbortSignal): Promise<ReadyModel> {
    const { conversationId } = request;
    const opening = this.#opening;
    if (opening?.request.conversationId === conversationId) opening.handover.take(request.messages);
    else opening?.abandoned.abort();
    await opening?.done;
    const prepared = await this.#slot.prepared();
    if (!this.#isResident(prepared, conversationId)) {
      // It was sent before it could be opened: what is stored of it is loaded, the turn does the rest.
      const work = async () => {
        await this.#enter(prepared, conversationId);
        const handover = new Handover();
        handover.take(request.messages);
        const terms = { ...this.#paceAndScheme, abandoned, handover };
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
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<TurnSummary> {
    const sender = new DeltaSender(onDelta);
    const turn = runTurn(model, request, {
      signal: this.#run?.abort.signal ?? AbortSignal.abort(),
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

const ignore = () => undefined;

const isSameRequest = (one: OpenRequest, other: OpenRequest): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

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

/** What the promise gives, or undefined as soon as the signal is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => {
      resolve(undefined);
    });
  });
  return Promise.race([promise, aborted]);
}

/**
 * What the work gives, or `device-lost`. Calls to a lost device fail in any way, or never settle: what
 * is told then is the loss.
 */
async function untilLost<T>(device: GPUDevice, work: Promise<T>): Promise<T> {
  const lost = device.lost.then(({ message }) => new EngineError({ code: "device-lost", message }));
  const done = work.then(
    (value) => ({ value }),
    () => undefined,
  );
  const outcome = await Promise.race([done, lost]);
  if (outcome instanceof EngineError) throw outcome;
  if (outcome) return outcome.value;
  // The work has failed: either it is a failure of its own, or the loss is about to be reported.
  const grace = new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_GRACE_MS));
  const error = await work.catch((cause: unknown) => cause);
  if (error instanceof EngineError) throw error;
  throw (await Promise.race([lost, grace])) ?? error;
}
