import type {
  EngineEvent,
  EngineStatus,
  GenerateRequest,
  ModelInfo,
  ModelReference,
  OpenRequest,
  ReplyDelta,
  RunId,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import { fail, type EngineFailure, type Result } from "../../protocol/errors.ts";
import type { ProcessorSpeed } from "../../protocol/engine-processor.ts";
import type { IdleTerms } from "../../protocol/engine-storing.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import type { EngineMeasuring } from "../../protocol/engine-measuring.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { ObservableValue } from "../observable-value.ts";
import type { GpuReservation } from "../tabs/gpu-reservation.ts";
import { EngineModel, isOutOfMemory } from "./engine-model.ts";
import { EngineWorker } from "./engine-worker.ts";
import { LoadPace } from "./load-pace.ts";
import { addToTimeline } from "./measure-timeline.ts";
import { ShownProgress } from "./shown-progress.ts";
import { ResidentConversation } from "./resident-conversation.ts";
import type { EngineKind, EngineWorkerApi } from "./engines.ts";
import type { WorkerConnection } from "./worker-connection.ts";

interface EngineClientOptions {
  /** The engines that a model may run on; by default, all that the page knows. */
  engines?: readonly [EngineKind, ...EngineKind[]];
  spawn?: (kind: EngineKind) => WorkerConnection<EngineWorkerApi>;
  /** Called with every worker that was started. */
  onStart?: (connection: WorkerConnection<EngineWorkerApi>) => void;
  /** Room on the graphics card, which other tabs may want too. Where it is absent, this tab is taken for the only one. */
  gpu?: GpuReservation;
  /** Called with every measure, which is also on the page's timeline. */
  onMeasure?: (measure: EngineMeasure) => void;
  onProgress?: (progress: EngineProgress) => void;
}

/** The engine as the page sees it: after its worker's death it starts again and loads its model again. */
export class EngineClient {
  readonly #status = new ObservableValue<EngineStatus>({ phase: "idle" });
  readonly #pace = new LoadPace();
  readonly #resident = new ResidentConversation();
  readonly #worker: EngineWorker;
  readonly #model: EngineModel;
  readonly #onMeasure: (measure: EngineMeasure) => void;
  readonly #onProgress: (progress: EngineProgress) => void;
  /** The turn that runs, or waits until it can. */
  #turn: { runId: RunId; isCancelled: boolean } | undefined;

  constructor({
    engines,
    spawn,
    onStart,
    gpu,
    onMeasure = () => undefined,
    onProgress = () => undefined,
  }: EngineClientOptions = {}) {
    this.#onMeasure = onMeasure;
    this.#onProgress = onProgress;
    this.#worker = new EngineWorker({
      ...(engines && { engines }),
      ...(spawn && { spawn }),
      ...(onStart && { onStart }),
      onEvent: (event) => this.#receive(event),
      onDeath: (failure) => this.#bury(failure),
      onSwitch: () => {
        if (this.#turn) void this.cancel(this.#turn.runId);
      },
    });
    this.#model = new EngineModel({ worker: this.#worker, gpu, status: this.#status });
    this.#status.subscribe(() => this.#resident.modelBecame(modelUrl(this.getSnapshot())));
  }

  readonly getSnapshot = this.#status.getSnapshot;

  readonly subscribe = this.#status.subscribe;

  /** How far something has come that a person waits for; undefined while nothing is known to be going on. */
  readonly progress = new ShownProgress();

  /** Starts the worker while the page still finds out which model it begins with. */
  warmUp(): void {
    this.#worker.start();
  }

  /**
   * Loads a model at the start of the page: at once, or, where another tab has a model on the GPU, when it is to answer.
   *
   * @returns undefined if it is not loaded at once
   */
  loadIfFree(model: ModelReference): Promise<Result<ModelInfo> | undefined> {
    return this.#model.loadIfFree(model);
  }

  load(model: ModelReference): Promise<Result<ModelInfo>> {
    return this.#model.load(model);
  }

  /** Does the same from nothing, also where that model is loaded: it may be wanted on another device. */
  loadAfresh(model: ModelReference): Promise<Result<ModelInfo>> {
    return this.#model.loadAfresh(model);
  }

  /** Leaves the GPU to another tab, once the answer that is being given is stored. */
  giveWay(): Promise<void> {
    return this.#model.leave();
  }

  async cancelLoad(): Promise<void> {
    await this.#worker.running?.cancelLoad();
  }

  /**
   * Has the engine restore a conversation's KV, unless it has it already. Nothing happens where no model is loaded or
   * loading. A turn need not wait for this: it takes over, and prefills what is not restored yet.
   */
  async open(request: OpenRequest): Promise<void> {
    const hasModel = modelUrl(this.getSnapshot()) !== undefined;
    if (!hasModel || this.#resident.matches(request)) return;
    this.#resident.set(request);
    const restored = await this.progress.during(request.conversationId, async () =>
      this.#worker.running?.open(request),
    );
    if (!restored?.ok) this.#resident.failed(request);
  }

  /**
   * Has the engine restore the KV of a conversation that may be opened soon, unless it has it already. Nothing happens
   * where no model is loaded.
   */
  async prefetch(request: OpenRequest): Promise<void> {
    if (this.getSnapshot().phase !== "ready" || this.#resident.matches(request)) return;
    // Even if this fails, the KV that the engine held may have had to make room.
    this.#resident.clear();
    await this.progress.during(request.conversationId, async () =>
      this.#worker.running?.prefetch(request),
    );
  }

  /** Measures what the processor can do, which takes a tenth of a second. Undefined where the engine cannot. */
  async measureProcessor(): Promise<ProcessorSpeed | undefined> {
    return this.#worker.running?.measureProcessor?.();
  }

  /** Counts the tokens of a text as the model's tokenizer makes them. Undefined where that cannot be told now. */
  async countTokens(text: string): Promise<number | undefined> {
    return this.#worker.running?.countTokens?.(text);
  }

  /** Tells the worker that runs, and every one that starts later, what may be done between turns. */
  setIdleTerms(terms: IdleTerms): Promise<void> {
    return this.#worker.configure("setIdleTerms", (engine) => engine.setIdleTerms?.(terms));
  }

  /** For measuring: makes a call on the worker that runs and, before any other call, on every one that starts later. */
  measureWith(
    name: keyof EngineMeasuring,
    call: (engine: Partial<EngineMeasuring>) => Promise<void> | undefined,
  ): Promise<void> {
    return this.#worker.configure(name, call);
  }

  async generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void,
  ): Promise<Result<TurnSummary>> {
    if (this.#model.isAway && !(await this.#model.enter(request.runId)))
      return fail({ code: "cancelled" });
    const turn = { runId: request.runId, isCancelled: false };
    this.#turn = turn;
    try {
      while (this.#worker.switching) await this.#worker.switching;
      if (turn.isCancelled) return fail({ code: "cancelled" });
      return await this.progress.during(request.conversationId, () =>
        this.#answer(request, onDelta),
      );
    } finally {
      if (this.#turn === turn) this.#turn = undefined;
    }
  }

  async #answer(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void,
  ): Promise<Result<TurnSummary>> {
    const reloading = this.#model.reload();
    this.#resident.clear();
    // The turn is sent before the load has ended. The engine has it wait for the load, and a `cancel` finds it meanwhile.
    const summary = await this.#worker.start().generate(request, onDelta);
    if (summary.ok) this.#resident.setAnswered(request, summary.value.text);
    const reloaded = await reloading;
    if (!reloaded) return summary;
    if (!reloaded.ok) return reloaded;
    // The first load failed for want of memory, and the turn with it. Since then other tabs have left, and the model is
    // loaded.
    return isOutOfMemory(summary) ? this.#worker.start().generate(request, onDelta) : summary;
  }

  /** Resolves when the KV of the turns so far is stored, or could not be. */
  async saved(): Promise<void> {
    await this.#worker.running?.saved?.();
  }

  async cancel(runId: RunId): Promise<void> {
    if (this.#turn?.runId === runId) this.#turn.isCancelled = true;
    this.#model.cancelEntering(runId);
    await this.#worker.running?.cancel(runId);
  }

  #bury(failure: EngineFailure): void {
    this.#model.lost();
    this.#status.set({ phase: "failed", failure });
  }

  #receive(event: EngineEvent): void {
    switch (event.type) {
      case "status":
        // A worker without a model is idle, but it does not know that the model waits for another tab.
        if (event.status.phase !== "idle" || this.getSnapshot().phase !== "elsewhere")
          this.#status.set(this.#pace.timed(event.status));
        break;
      case "progress":
        this.progress.receive(event.progress);
        this.#onProgress(event.progress);
        break;
      case "measure":
        addToTimeline(event.measure);
        this.#onMeasure(event.measure);
        break;
    }
  }
}

/** Address of the model that is loaded or on its way. */
export function modelUrl(status: EngineStatus): string | undefined {
  if (status.phase === "loading") return status.url;
  return status.phase === "ready" ? status.model.url : undefined;
}
