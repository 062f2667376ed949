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
} from "../protocol/engine-api.ts";
import { fail, type EngineFailure, type Result } from "../protocol/errors.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { newId } from "./new-id.ts";
import { ResidentPrompt } from "./resident-prompt.ts";
import { scriptUrl } from "./script-urls.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

interface EngineClientOptions {
  spawn?: () => WorkerConnection<EngineApi>;
  /** Told of every worker that was started. */
  onStart?: (connection: WorkerConnection<EngineApi>) => void;
  /** Told of every measure, which is also on the page's timeline. */
  onMeasure?: (measure: EngineMeasure) => void;
}

/** The engine as the page sees it: one that comes back after its worker's death, with its model. */
export class EngineClient {
  #connection: WorkerConnection<EngineApi> | undefined;
  #model: ModelReference | undefined;
  #gpuFactor: number | undefined;
  #keptOnGpuBytes: number | undefined;
  #status: EngineStatus = { phase: "idle" };
  readonly #listeners = new Set<() => void>();
  readonly #resident = new ResidentPrompt();
  readonly #options: EngineClientOptions;

  constructor(options: EngineClientOptions = {}) {
    this.#options = options;
  }

  readonly getSnapshot = (): EngineStatus => this.#status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async load(model: ModelReference): Promise<Result<ModelInfo>> {
    this.#model = model;
    const loaded = await this.#live().api.load(model);
    const cancelled = !loaded.ok && loaded.failure.code === "cancelled";
    if (cancelled && this.#model === model) this.#model = undefined;
    return loaded;
  }

  async cancelLoad(): Promise<void> {
    await this.#connection?.api.cancelLoad();
  }

  /**
   * Have the engine bring a conversation's KV back, unless it has it already. Without a model, there or on
   * its way, nothing happens, and nothing waits: a turn takes over, and prefills what is not there yet.
   */
  async open(request: OpenRequest): Promise<void> {
    if (!this.#hasModel || this.#resident.is(request)) return;
    this.#resident.set(request);
    const restored = await this.#connection?.api.open(request);
    if (!restored?.ok && this.#resident.is(request)) this.#resident.clear();
  }

  /**
   * Have the engine bring a conversation's KV back that may be opened soon, unless it has it already.
   * Without a model nothing happens, and nothing waits.
   */
  async prefetch(request: OpenRequest): Promise<void> {
    if (this.#status.phase !== "ready" || this.#resident.is(request)) return;
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
    const revival = this.#revive();
    this.#resident.clear();
    // Not after the load but behind it: the engine waits, and a `cancel` meanwhile finds the run.
    const summary = await this.#live().api.generate(request, onDelta);
    if (summary.ok) this.#resident.setAnswered(request, summary.value.text);
    const revived = await revival;
    return revived && !revived.ok ? revived : summary;
  }

  /** When the KV of the turns so far is stored, or could not be. */
  async saved(): Promise<void> {
    await this.#connection?.api.saved();
  }

  async cancel(runId: RunId): Promise<void> {
    await this.#connection?.api.cancel(runId);
  }

  /** After a death: load the model again. */
  #revive(): Promise<Result<ModelInfo>> | undefined {
    return !this.#connection && this.#model ? this.load(this.#model) : undefined;
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
    this.#setStatus({ phase: "failed", failure });
  }

  #receive(event: EngineEvent): void {
    switch (event.type) {
      case "status":
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
