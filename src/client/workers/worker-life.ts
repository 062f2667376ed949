import type { EngineFailure } from "../../protocol/errors.ts";
import type { LifeLockHeld } from "../../protocol/life-lock.ts";

/** The part of `Worker` that is used here. In a test it is a channel's port. */
interface TerminableWorker {
  addEventListener(type: string, listener: (event: Event) => void): void;
  terminate(): void;
}

export interface LifeOptions {
  kind: "engine" | "store" | "downloads";
  /** The lock that the worker holds while it lives. */
  lifeLock: string;
  locks?: Pick<LockManager, "request">;
  /** Called with every error that is a bug. */
  report?: (error: unknown) => void;
}

/** One worker's life, which ends once: by an error, silently, or because the page ends it. */
export class WorkerLife {
  readonly died: Promise<EngineFailure>;
  readonly #worker: TerminableWorker;
  readonly #options: LifeOptions;
  readonly #waiting = new Set<(failure: EngineFailure) => void>();
  readonly #ended = new AbortController();
  #failure: EngineFailure | undefined;

  constructor(worker: TerminableWorker, options: LifeOptions) {
    this.#worker = worker;
    this.#options = options;
    this.died = new Promise((resolve) => this.#waiting.add(resolve));
    worker.addEventListener("error", (event) => {
      // Where the script could not be fetched, the event has no message.
      this.end((event as Partial<ErrorEvent>).message ?? "it could not be started");
    });
    worker.addEventListener("messageerror", () => this.end("unreadable message"));
    worker.addEventListener("message", (event) => {
      const data = (event as MessageEvent<Partial<LifeLockHeld> | null>).data;
      if (data?.lifeLockHeld === options.lifeLock) this.#watchLock();
    });
  }

  /** What `call` resolves with, or `whenDead` if the worker dies first or `call` rejects. */
  race<T>(call: () => Promise<T>, whenDead: (failure: EngineFailure) => T): Promise<T> {
    if (this.#failure) return Promise.resolve(whenDead(this.#failure));
    return new Promise((resolve) => {
      const die = (failure: EngineFailure) => resolve(whenDead(failure));
      this.#waiting.add(die);
      call()
        .then(resolve, (error: unknown) => this.#crash(error))
        .finally(() => this.#waiting.delete(die));
    });
  }

  end(message: string): void {
    if (this.#failure) return;
    this.#failure = { code: "worker-died", worker: this.#options.kind, message };
    // After an error the worker may still run, and hold locks or memory that its successor needs.
    this.#worker.terminate();
    this.#ended.abort();
    for (const die of this.#waiting) die(this.#failure);
    this.#waiting.clear();
  }

  /** An unexpected error is a bug that leaves the worker in an unknown state, so the worker ends. */
  #crash(error: unknown): void {
    (this.#options.report ?? reportError)(error);
    this.end(String(error));
  }

  #watchLock(): void {
    const { lifeLock, locks = navigator.locks } = this.#options;
    const { signal } = this.#ended;
    locks
      .request(lifeLock, { signal }, () => this.end("it ended without an error"))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#crash(error);
      });
  }
}
