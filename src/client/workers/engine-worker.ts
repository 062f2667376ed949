import type { EngineApi, EngineEvent } from "../../protocol/engine-api.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import { spawnEngine } from "./spawn-engine.ts";
import type { WorkerConnection } from "./worker-connection.ts";

export interface EngineWorkerOptions {
  spawn?: () => WorkerConnection<EngineApi>;
  /** Called with every worker that was started. */
  onStart?: (connection: WorkerConnection<EngineApi>) => void;
  /** Called with the events of the running worker; those of a dead one that arrive late are dropped. */
  onEvent: (event: EngineEvent) => void;
  onDeath: (failure: EngineFailure) => void;
}

/** The engine's worker: it starts when it is first needed, and again after its death. */
export class EngineWorker {
  readonly #options: EngineWorkerOptions;
  readonly #settings = new Map<string, (api: EngineApi) => Promise<void>>();
  #connection: WorkerConnection<EngineApi> | undefined;

  constructor(options: EngineWorkerOptions) {
    this.#options = options;
  }

  /** The calls of the worker that runs; undefined before the first one and after a death. */
  get running(): EngineApi | undefined {
    return this.#connection?.api;
  }

  /** The calls of the worker that runs. Starts one if none does. */
  start(): EngineApi {
    this.#connection ??= this.#connect();
    return this.#connection.api;
  }

  /** Makes a call on the worker that runs and, before any other, on every worker that starts later. */
  async configure(setting: string, apply: (api: EngineApi) => Promise<void>): Promise<void> {
    this.#settings.set(setting, apply);
    if (this.running) await apply(this.running);
  }

  #connect(): WorkerConnection<EngineApi> {
    const { spawn = spawnEngine, onStart, onEvent, onDeath } = this.#options;
    const connection = spawn();
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
