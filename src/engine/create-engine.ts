import { modelDirectory } from "../model/loader/model-url.ts";
import type {
  EngineApi,
  EngineEvent,
  GenerateRequest,
  ModelInfo,
  OpenRequest,
  ReplyDelta,
  RestoreSummary,
  RunId,
  TurnSummary,
} from "../protocol/engine-api.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { atBoundary } from "../shared/boundary.ts";
import { EngineError } from "../shared/engine-error.ts";
import { DeltaSender } from "./delta-sender.ts";
import { KvPersistence } from "./kv-persistence.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import { ModelSlot } from "./model-slot.ts";
import { runTurn } from "./turn.ts";

/** A turn, from its request to its answer. */
interface Run {
  id: RunId;
  abort: AbortController;
}

/** A restoration under way. */
interface Opening {
  conversationId: string;
  abandoned: AbortController;
  handedOver: AbortController;
  /** Settles when it no longer touches the model. Never rejects. */
  done: Promise<void>;
}

/** How long a failed turn waits to learn that its device was lost. */
const LOSS_GRACE_MS = 1000;

/** One model on one device, one turn at a time. */
export function createEngine(): EngineApi {
  return new Engine();
}

class Engine implements EngineApi {
  #onEvent: (event: EngineEvent) => void = () => undefined;
  #run: Run | undefined;
  #opening: Opening | undefined;
  /** Whose rows the cache holds, as far as they go. */
  #resident: { model: LoadedModel; conversationId: string } | undefined;
  readonly #kv = new KvPersistence((measure) => {
    this.#emit(measure);
  });
  readonly #slot = new ModelSlot({
    onEvent: (event) => {
      this.#onEvent(event);
    },
    onReplace: () => {
      this.#run?.abort.abort();
      this.#opening?.abandoned.abort();
    },
  });

  subscribe(onEvent: (event: EngineEvent) => void): Promise<void> {
    this.#onEvent = onEvent;
    onEvent({ type: "status", status: this.#slot.status });
    return Promise.resolve();
  }

  load({ url }: { url: string }) {
    return atBoundary(
      async (): Promise<ModelInfo> => (await this.#slot.load(modelDirectory(url))).info,
    );
  }

  cancelLoad(): Promise<void> {
    this.#slot.cancelLoad();
    return Promise.resolve();
  }

  attachStore(port: MessagePort): Promise<void> {
    this.#kv.attach(port);
    return Promise.resolve();
  }

  open(request: OpenRequest) {
    return atBoundary(async () => {
      if (this.#run) throw new EngineError({ code: "busy" });
      const before = this.#opening;
      before?.abandoned.abort();
      const opening: Opening = {
        conversationId: request.conversationId,
        abandoned: new AbortController(),
        handedOver: new AbortController(),
        done: Promise.resolve(),
      };
      this.#opening = opening;
      const restored = this.#restore(request, opening, before?.done);
      opening.done = restored.then(ignore, ignore);
      return restored;
    });
  }

  generate(request: GenerateRequest, onDelta: (delta: ReplyDelta) => void | Promise<void>) {
    return atBoundary(async () => {
      if (this.#run) throw new EngineError({ code: "busy" });
      const run = { id: request.runId, abort: new AbortController() };
      this.#run = run;
      try {
        const taken = this.#takeOver(request, run.abort.signal);
        const model = await orAborted(taken, run.abort.signal);
        return model ? await this.#answer(model, request, onDelta) : NOTHING_SAID;
      } finally {
        this.#run = undefined;
      }
    });
  }

  cancel(runId: RunId): Promise<void> {
    if (this.#run?.id === runId) this.#run.abort.abort();
    return Promise.resolve();
  }

  async #restore(
    request: OpenRequest,
    opening: Opening,
    before: Promise<void> | undefined,
  ): Promise<RestoreSummary> {
    try {
      await before;
      const model = await orAborted(this.#slot.ready(), opening.abandoned.signal);
      if (!model || opening.abandoned.signal.aborted) throw new EngineError({ code: "cancelled" });
      this.#resident = { model, conversationId: request.conversationId };
      const restoring = this.#kv.restore(model, request, {
        abandoned: opening.abandoned.signal,
        handedOver: opening.handedOver.signal,
      });
      const summary = await untilLost(model.gpu.device, restoring);
      // What was not stored any more, or never was, is the next time.
      this.#kv.advance(model, request);
      return summary;
    } finally {
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  /** The model, when nobody else is using it: a restoration of this conversation may end its reading. */
  async #takeOver(request: GenerateRequest, abandoned: AbortSignal): Promise<LoadedModel> {
    const { conversationId } = request;
    const opening = this.#opening;
    if (opening?.conversationId === conversationId) opening.handedOver.abort();
    else opening?.abandoned.abort();
    await opening?.done;
    const model = await this.#slot.ready();
    await this.#kv.begin(model, request);
    const { model: holder, conversationId: resident } = this.#resident ?? {};
    if (holder === model && resident === conversationId) return model;
    this.#resident = { model, conversationId };
    // It was sent before it could be opened: what is stored of it is loaded, the turn does the rest.
    await untilLost(model.gpu.device, this.#kv.restoreFor(model, request, abandoned));
    return model;
  }

  async #answer(
    model: LoadedModel,
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

/** What a prompt took is what recomputing rows takes. */
function learnPrefill(
  { restorationCosts, config: { layers } }: LoadedModel,
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
