import type { EngineEvent, ModelReference } from "../../protocol/engine-api.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import { engineFor, ENGINES, type EngineKind, type EngineWorkerApi } from "./engines.ts";
import { spawnEngine } from "./spawn-engine.ts";
import type { WorkerConnection } from "./worker-connection.ts";

export interface EngineWorkerOptions {
  /** The engines that a model may run on. */
  engines?: readonly [EngineKind, ...EngineKind[]];
  spawn?: (kind: EngineKind) => WorkerConnection<EngineWorkerApi>;
  /** Called with every worker that was started. */
  onStart?: (connection: WorkerConnection<EngineWorkerApi>) => void;
  /** Called with the events of the running worker; those of a dead one that arrive late are dropped. */
  onEvent: (event: EngineEvent) => void;
  onDeath: (failure: EngineFailure) => void;
}

/** The engine's worker: it starts when it is first needed, and again after its death. One engine at a time. */
export class EngineWorker {
  readonly #options: EngineWorkerOptions;
  #kind: EngineKind;
  readonly #settings = new Map<string, (api: EngineWorkerApi) => Promise<void> | undefined>();
  #connection: WorkerConnection<EngineWorkerApi> | undefined;

  constructor(options: EngineWorkerOptions) {
    this.#options = options;
    [this.#kind] = options.engines ?? ENGINES;
  }

  /** The calls of the worker that runs; undefined before the first one and after a death. */
  get running(): EngineWorkerApi | undefined {
    return this.#connection?.api;
  }

  /** The calls of the engine that runs this model: the worker of another engine is ended. */
  startFor(model: ModelReference): EngineWorkerApi {
    const kind = engineFor(model, this.#options.engines);
    if (kind !== this.#kind) this.#end();
    this.#kind = kind;
    return this.start();
  }

  /** The calls of the worker that runs. Starts one if none does. */
  start(): EngineWorkerApi {
    this.#connection ??= this.#connect();
    return this.#connection.api;
  }

  /** Makes a call on the worker that runs and, before any other, on every worker that starts later. */
  async configure(
    setting: string,
    apply: (api: EngineWorkerApi) => Promise<void> | undefined,
  ): Promise<void> {
    this.#settings.set(setting, apply);
    if (this.running) await apply(this.running);
  }

  #end(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.terminate();
  }

  #connect(): WorkerConnection<EngineWorkerApi> {
    const { spawn = spawnEngine, onStart, onEvent, onDeath } = this.#options;
    const connection = spawn(this.#kind);
    this.#connection = connection;
    void connection.api.subscribe((event) => {
      if (connection === this.#connection) onEvent(event);
    });
    void connection.died.then((failure) => {
      if (connection !== this.#connection) return;
      this.#connection = undefined;
      onDeath(failure);
    });
    for (const apply of this.#settings.values()) void apply(connection.api);
    onStart?.(connection);
    return connection;
  }
}
