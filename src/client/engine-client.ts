import type {
  EngineApi,
  EngineEvent,
  EngineStatus,
  GenerateRequest,
  ModelInfo,
  ModelReference,
  ReplyDelta,
  RunId,
  TurnSummary,
} from "../protocol/engine-api.ts";
import { fail, type EngineFailure, type Result } from "../protocol/errors.ts";
import type { EngineMeasure } from "../protocol/measures.ts";
import { newId } from "./new-id.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

/** The engine as the page sees it: one that comes back after its worker's death, with its model. */
export class EngineClient {
  #connection: WorkerConnection<EngineApi> | undefined;
  #model: ModelReference | undefined;
  #status: EngineStatus = { phase: "idle" };
  readonly #listeners = new Set<() => void>();
  readonly #spawn: () => WorkerConnection<EngineApi>;

  constructor(spawn = spawnEngine) {
    this.#spawn = spawn;
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

  async generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void,
  ): Promise<Result<TurnSummary>> {
    const revival = this.#revive();
    // Not after the load but behind it: the engine waits, and a `cancel` meanwhile finds the run.
    const summary = await this.#live().api.generate(request, onDelta);
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
    const connection = this.#spawn();
    this.#connection = connection;
    void connection.api.subscribe((event) => {
      if (connection === this.#connection) this.#receive(event);
    });
    void connection.died.then((failure) => {
      if (connection === this.#connection) this.#bury(failure);
    });
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
        break;
    }
  }

  #setStatus(status: EngineStatus): void {
    this.#status = status;
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
      generate: fail,
      cancel: nothing,
    },
    keepsCallback: ["subscribe"],
  });
}
