import type {
  EngineApi,
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
import type { EngineMeasure } from "../../protocol/measures.ts";
import type { GpuReservation } from "../tabs/gpu-reservation.ts";
import { newId } from "../new-id.ts";
import { ResidentConversation } from "./resident-conversation.ts";
import { scriptUrl } from "./script-urls.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

interface EngineClientOptions {
  spawn?: () => WorkerConnection<EngineApi>;
  /** Told of every worker that was started. */
  onStart?: (connection: WorkerConnection<EngineApi>) => void;
  /** The graphics card, where other tabs may want it too; absent: this tab is taken for the only one. */
  gpu?: GpuReservation;
  /** Told of every measure, which is also on the page's timeline. */
  onMeasure?: (measure: EngineMeasure) => void;
}

/** The engine as the page sees it: one that comes back after its worker's death, with its model. */
export class EngineClient {
  #connection: WorkerConnection<EngineApi> | undefined;
  #model: ModelReference | undefined;
  #gpuFactor: number | undefined;
  #keptOnGpuBytes: number | undefined;
  /** Of the model when it was loaded last. */
  #gpuBytes: number | undefined;
  /** Being found out, at the start: whether the model is loaded at once. Undefined where another tab has the GPU. */
  #entering: Promise<{ loading: Promise<Result<ModelInfo>> } | undefined> | undefined;
  #leaving: Promise<void> | undefined;
  /** A turn that waits for a gpu on the GPU. */
  #waiting: { runId: RunId; abort: AbortController } | undefined;
  #status: EngineStatus = { phase: "idle" };
  readonly #listeners = new Set<() => void>();
  readonly #resident = new ResidentConversation();
  readonly #options: EngineClientOptions;

  constructor(options: EngineClientOptions = {}) {
    this.#options = options;
  }

  readonly getSnapshot = (): EngineStatus => this.#status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /**
   * Load a model, at the start of the page: now, or when it is to answer, if another tab has one.
   *
   * @returns undefined if it is not loaded now
   */
  async loadIfFree(model: ModelReference): Promise<Result<ModelInfo> | undefined> {
    this.#model = model;
    const { gpu } = this.#options;
    if (!gpu) return this.load(model);
    // It starts while the other tabs are looked for.
    this.#live();
    this.#entering ??= this.#enterIfFree(gpu, model).finally(() => (this.#entering = undefined));
    return (await this.#entering)?.loading;
  }

  async load(model: ModelReference): Promise<Result<ModelInfo>> {
    this.#model = model;
    await this.#options.gpu?.reserve(this.#gpuBytes);
    return this.#loadHere(model);
  }

  /** Leave the GPU to another tab, once the answer that is being given is stored. */
  giveWay(): Promise<void> {
    return (this.#leaving ??= this.#leave().finally(() => (this.#leaving = undefined)));
  }

  async cancelLoad(): Promise<void> {
    await this.#connection?.api.cancelLoad();
  }

  /**
   * Have the engine bring a conversation's KV back, unless it has it already. Without a model, there or on
   * its way, nothing happens, and nothing waits: a turn takes over, and prefills what is not there yet.
   */
  async open(request: OpenRequest): Promise<void> {
    if (!this.#hasModel || this.#resident.matches(request)) return;
    this.#resident.set(request);
    const restored = await this.#connection?.api.open(request);
    if (!restored?.ok && this.#resident.matches(request)) this.#resident.clear();
  }

  /**
   * Have the engine bring a conversation's KV back that may be opened soon, unless it has it already.
   * Without a model nothing happens, and nothing waits.
   */
  async prefetch(request: OpenRequest): Promise<void> {
    if (this.#status.phase !== "ready" || this.#resident.matches(request)) return;
    // Whatever comes of it, what the engine held may have had to make room.
    this.#resident.clear();
    await this.#connection?.api.prefetch(request);
  }

  /** For measuring: as `EngineApi` says, and so for every worker that is started from now on. */
  async throttleGpu(factor: number): Promise<void> {
    this.#gpuFactor = factor;
    await this.#connection?.api.throttleGpu(factor);
  }

  /** As `EngineApi` says, and so for every worker that is started from now on. */
  async keepOnGpu(bytes: number): Promise<void> {
    this.#keptOnGpuBytes = bytes;
    await this.#connection?.api.keepOnGpu(bytes);
  }

  async generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void,
  ): Promise<Result<TurnSummary>> {
    if (this.#isAway && !(await this.#enter(request.runId))) return fail({ code: "cancelled" });
    const revival = this.#revive();
    this.#resident.clear();
    // Not after the load but behind it: the engine waits, and a `cancel` meanwhile finds the run.
    const summary = await this.#live().api.generate(request, onDelta);
    if (summary.ok) this.#resident.setAnswered(request, summary.value.text);
    const revived = await revival;
    if (!revived) return summary;
    if (!revived.ok) return revived;
    // There was room for the model only when it was loaded again.
    return isOutOfMemory(summary) ? this.#live().api.generate(request, onDelta) : summary;
  }

  /** When the KV of the turns so far is stored, or could not be. */
  async saved(): Promise<void> {
    await this.#connection?.api.saved();
  }

  async cancel(runId: RunId): Promise<void> {
    if (this.#waiting?.runId === runId) this.#waiting.abort.abort();
    await this.#connection?.api.cancel(runId);
  }

  async #enterIfFree(gpu: GpuReservation, model: ModelReference) {
    // Begun before anybody who waited for the gpu goes on, and not waited for.
    if (await gpu.reserveIfFree()) return { loading: this.#loadHere(model) };
    this.#stayAway(gpu, model);
    return undefined;
  }

  /** Another tab has the card: until a turn needs it here, or that tab is gone. */
  #stayAway(gpu: GpuReservation, model: ModelReference): void {
    this.#setStatus({ phase: "elsewhere", isAwaited: false });
    void gpu.whenOthersLeft().then(() => {
      if (this.#status.phase === "elsewhere" && !this.#waiting) void this.loadIfFree(model);
    });
  }

  /** Whether the model is not here, nor on its way, because of another tab or of a worker's death. */
  get #isAway(): boolean {
    if (!this.#options.gpu || !this.#model) return false;
    const isMoving = this.#entering !== undefined || this.#leaving !== undefined;
    return isMoving || !this.#connection || this.#status.phase === "elsewhere";
  }

  /** Takes the gpu for a turn. @returns false if that was cancelled meanwhile */
  async #enter(runId: RunId): Promise<boolean> {
    const abort = new AbortController();
    this.#waiting = { runId, abort };
    try {
      await Promise.all([this.#entering, this.#leaving]);
      const isElsewhere = this.#status.phase === "elsewhere";
      if (isElsewhere) this.#setStatus({ phase: "elsewhere", isAwaited: true });
      await this.#options.gpu?.reserve(this.#gpuBytes, abort.signal);
      if (isElsewhere && abort.signal.aborted)
        this.#setStatus({ phase: "elsewhere", isAwaited: false });
      return !abort.signal.aborted;
    } finally {
      this.#waiting = undefined;
    }
  }

  async #leave(): Promise<void> {
    const { gpu } = this.#options;
    await this.#connection?.api.release();
    gpu?.release();
    if (gpu && this.#model) this.#stayAway(gpu, this.#model);
  }

  async #loadHere(model: ModelReference): Promise<Result<ModelInfo>> {
    const { gpu } = this.#options;
    let loaded = await this.#live().api.load(model);
    if (isOutOfMemory(loaded) && (await gpu?.evictOthers()))
      loaded = await this.#live().api.load(model);
    if (loaded.ok) {
      this.#gpuBytes = loaded.value.gpuBytes;
      gpu?.resize(loaded.value.gpuBytes);
      return loaded;
    }
    if (this.#leaving) return loaded;
    gpu?.release();
    const isCancelled = loaded.failure.code === "cancelled";
    if (isCancelled && this.#model === model) this.#model = undefined;
    return loaded;
  }

  /** After a death, or where another tab had the GPU: load the model again. */
  #revive(): Promise<Result<ModelInfo>> | undefined {
    const isGone = !this.#connection || this.#status.phase === "elsewhere";
    return isGone && this.#model ? this.#loadHere(this.#model) : undefined;
  }

  #live(): WorkerConnection<EngineApi> {
    return this.#connection ?? this.#connect();
  }

  #connect(): WorkerConnection<EngineApi> {
    const { spawn = spawnEngine, onStart } = this.#options;
    const connection = spawn();
    this.#connection = connection;
    void connection.api.subscribe((event) => {
      if (connection === this.#connection) this.#receive(event);
    });
    void connection.died.then((failure) => {
      if (connection === this.#connection) this.#bury(failure);
    });
    if (this.#gpuFactor !== undefined) void connection.api.throttleGpu(this.#gpuFactor);
    if (this.#keptOnGpuBytes !== undefined) void connection.api.keepOnGpu(this.#keptOnGpuBytes);
    onStart?.(connection);
    return connection;
  }

  #bury(failure: EngineFailure): void {
    this.#connection = undefined;
    this.#options.gpu?.release();
    this.#setStatus({ phase: "failed", failure });
  }

  #receive(event: EngineEvent): void {
    switch (event.type) {
      case "status":
        // A worker without a model has nothing to say of where that is.
        if (event.status.phase !== "idle" || this.#status.phase !== "elsewhere")
          this.#setStatus(event.status);
        break;
      case "measure":
        emitMeasure(event.measure);
        this.#options.onMeasure?.(event.measure);
        break;
    }
  }

  get #hasModel(): boolean {
    return this.#status.phase === "ready" || this.#status.phase === "loading";
  }

  #setStatus(status: EngineStatus): void {
    const before = this.#status;
    this.#status = status;
    // Whatever else happens to a model than to be loaded, its KV is gone.
    if (modelOf(before) !== modelOf(status)) this.#resident.clear();
    for (const listener of this.#listeners) listener();
  }
}

const isOutOfMemory = (result: Result<unknown>): boolean =>
  !result.ok && result.failure.code === "out-of-memory";

/** Address of the one that is there or on its way. */
export function modelOf(status: EngineStatus): string | undefined {
  if (status.phase === "loading") return status.url;
  return status.phase === "ready" ? status.model.url : undefined;
}

/** Puts a worker's measure on this thread's timeline. */
function emitMeasure({ name, startEpochMs, endEpochMs, detail }: EngineMeasure): void {
  // The threads' clocks may disagree by a little, and a negative time is an error.
  const local = (epochMs: number) => Math.max(0, epochMs - performance.timeOrigin);
  performance.measure(name, { start: local(startEpochMs), end: local(endEpochMs), detail });
}

function spawnEngine(): WorkerConnection<EngineApi> {
  const name = `rekindle.engine.${newId()}`;
  const nothing = () => undefined;
  const worker = new Worker(scriptUrl("engine"), { type: "module", name });
  return connectWorker<EngineApi>(worker, {
    kind: "engine",
    lifeLock: name,
    answers: {
      subscribe: nothing,
      load: fail,
      cancelLoad: nothing,
      release: nothing,
      attachStore: nothing,
      open: fail,
      prefetch: fail,
      throttleGpu: nothing,
      keepOnGpu: nothing,
      generate: fail,
      saved: nothing,
      cancel: nothing,
    },
    keepsCallback: ["subscribe"],
  });
}
