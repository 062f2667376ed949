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
   * Have the engine bring a conversation's KV back, unless it has it already. Without a model nothing
   * happens, and nothing waits: a turn takes over, and prefills what is not there yet.
   */
  async open(request: OpenRequest): Promise<void> {
    if (this.#status.phase !== "ready" || this.#resident.is(request)) return;
    this.#resident.set(request);
    const restored = await this.#connection?.api.open(request);
    if (!restored?.ok && this.#resident.is(request)) this.#resident.clear();
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

  #setStatus(status: EngineStatus): void {
    this.#status = status;
    // Whatever else happens to a model, its KV is gone.
    if (status.phase !== "ready") this.#resident.clear();
    for (const listener of this.#listeners) listener();
  }
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
  // The bundler finds the worker by this very expression.
  const worker = new Worker(new URL("../../workers/engine.worker.ts", import.meta.url), {
    type: "module",
    name,
  });
  return connectWorker<EngineApi>(worker, {
    kind: "engine",
    lifeLock: name,
    answers: {
      subscribe: nothing,
      load: fail,
      cancelLoad: nothing,
      attachStore: nothing,
      open: fail,
      generate: fail,
      cancel: nothing,
    },
    keepsCallback: ["subscribe"],
  });
}
