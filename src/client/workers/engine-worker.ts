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
  /** Called when another engine takes the place of the one that runs, which then stores what it has and ends. */
  onSwitch?: () => void;
}

/** The engine's worker: it starts when it is first needed, and again after its death. One engine at a time. */
export class EngineWorker {
  readonly #options: EngineWorkerOptions;
  #kind: EngineKind;
  readonly #settings = new Map<string, (api: EngineWorkerApi) => Promise<void> | undefined>();
  #connection: WorkerConnection<EngineWorkerApi> | undefined;
  /** Settles when the engine that takes the place of another was called. */
  #switching: Promise<unknown> | undefined;

  constructor(options: EngineWorkerOptions) {
    this.#options = options;
    [this.#kind] = options.engines ?? ENGINES;
  }

  /** The calls of the worker that runs; undefined before the first one and after a death. */
  get running(): EngineWorkerApi | undefined {
    return this.#connection?.api;
  }

  /** Starts the engine that runs this model, unless another one runs. */
  warmUpFor(model: ModelReference): void {
    if (this.#connection ?? this.#switching) return;
    this.#kind = engineFor(model, this.#options.engines);
    this.start();
  }

  /**
   * Makes a call on the engine that runs this model: at once, or, where another engine runs, as soon as that has stored
   * what it holds and given back the device. One model is on the device at a time.
   */
  async callFor<T>(model: ModelReference, call: (api: EngineWorkerApi) => Promise<T>): Promise<T> {
    const kind = engineFor(model, this.#options.engines);
    if (kind === this.#kind && !this.#switching) return call(this.start());
    const calling = this.#switchTo(kind).then(() => ({ answer: call(this.start()) }));
    this.#switching = calling;
    try {
      const { answer } = await calling;
      this.#switched(calling);
      return await answer;
    } finally {
      this.#switched(calling);
    }
  }

  /** Settles when the engine that takes the place of another was called; undefined if none does. */
  get switching(): Promise<unknown> | undefined {
    return this.#switching;
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

  #switched(calling: Promise<unknown>): void {
    if (this.#switching === calling) this.#switching = undefined;
  }

  async #switchTo(kind: EngineKind): Promise<void> {
    await this.#switching;
    if (kind === this.#kind) return;
    const leaving = this.#connection;
    this.#options.onSwitch?.();
    await leaving?.api.release();
    if (leaving === this.#connection) this.#connection = undefined;
    leaving?.terminate();
    this.#kind = kind;
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
