import type { IdleTime } from "./sequence/idle-time.ts";

/** What is done between turns, one pass at a time. A turn interrupts it. */
export class IdlePasses {
  readonly #lost: Promise<unknown>;
  #pass: { abort: AbortController; done: Promise<void> } | undefined;
  /** Settles when the cache is no longer used, in whatever state the pass is. Never rejects. */
  #using: Promise<unknown> = Promise.resolve();

  /** @param device of the cache: calls to a lost one may never settle */
  constructor({ lost }: { lost: Promise<unknown> }) {
    this.#lost = lost;
  }

  /** @param ready resolves when the work may begin; it never begins if a turn comes first */
  start(work: (time: IdleTime) => Promise<void>, ready: Promise<void>): void {
    const abort = new AbortController();
    const { signal } = abort;
    const before = this.#pass?.done;
    const time: IdleTime = { signal, useCache: (using) => this.#use(using) };
    const run = async () => {
      await Promise.all([before, ready]);
      if (!signal.aborted) await work(time);
    };
    const done = run().catch(() => undefined);
    this.#pass = { abort, done };
  }

  /** Resolves when the cache is as the last turn left it, and no pass uses it. */
  async interrupt(): Promise<void> {
    this.#pass?.abort.abort();
    await this.#using;
  }

  #use<Result>(work: Promise<Result>): Promise<Result> {
    this.#using = Promise.race([work.catch(() => undefined), this.#lost]);
    return work;
  }
}
