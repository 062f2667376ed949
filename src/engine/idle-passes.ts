import { orLasting } from "../shared/or-lasting.ts";
import type { IdleTime } from "./sequence/idle-time.ts";

type Work = (time: IdleTime) => Promise<void>;

/** What is done between turns, one pass at a time. A turn interrupts it. */
export class IdlePasses {
  readonly #lost: Promise<unknown>;
  #pass: { abort: AbortController; done: Promise<void> } | undefined;
  /** What is to be begun again, or for the first time, when passes may run again. */
  #paused: { work: Work; ready: Promise<void> } | undefined;
  /** The pass that is not done. */
  #unfinished: { work: Work; ready: Promise<void> } | undefined;
  #isPaused = false;
  /** Settles when the cache is no longer used, in whatever state the pass is. Never rejects. */
  #using: Promise<unknown> = Promise.resolve();

  /** @param device of the cache: calls to a lost one may never settle */
  constructor({ lost }: { lost: Promise<unknown> }) {
    this.#lost = lost;
  }

  /** @param ready resolves when the work may begin; it never begins if a turn comes first */
  start(work: Work, ready: Promise<void>): void {
    const pass = { work, ready };
    if (this.#isPaused) {
      this.#paused = pass;
      return;
    }
    this.#unfinished = pass;
    const abort = new AbortController();
    const { signal } = abort;
    const before = this.#pass?.done;
    const time: IdleTime = { signal, useCache: (using) => this.#use(using) };
    const run = async () => {
      await Promise.all([before, ready]);
      if (!signal.aborted) await work(time);
      if (!signal.aborted && this.#unfinished === pass) this.#unfinished = undefined;
    };
    const done = run().catch(() => undefined);
    this.#pass = { abort, done };
  }

  /** Resolves when the cache is as the last turn left it, and no pass uses it. */
  async interrupt(): Promise<void> {
    this.#paused = undefined;
    this.#unfinished = undefined;
    this.#pass?.abort.abort();
    await this.#using;
  }

  /** Interrupts the pass that is under way. It begins again with `resume`, unless a turn comes before. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#paused = this.#unfinished;
    this.#unfinished = undefined;
    this.#pass?.abort.abort();
  }

  /** From now on passes run again. */
  resume(): void {
    const paused = this.#paused;
    this.#isPaused = false;
    this.#paused = undefined;
    if (paused) this.start(paused.work, paused.ready);
  }

  #use<Result>(work: Promise<Result>): Promise<Result> {
    const ended = work.catch(() => undefined);
    this.#using = orLasting(ended, this.#lost);
    return work;
  }
}
