/** Begins work for the target that a person is about to choose, because the pointer or the focus rests on it. */
export class HoverIntent {
  #pending: { name: string; isBegun: boolean; stop: AbortController } | undefined;

  /**
   * The target is pointed at: the work begins once it has been for `restMs`. Work for another target ends, and work
   * that has begun for this one goes on.
   *
   * @param work gets a signal that is aborted when the target is left; it must not reject
   */
  begin(name: string, restMs: number, work: (signal: AbortSignal) => Promise<void>): void {
    const before = this.#pending;
    if (before?.name === name && (before.isBegun || restMs > 0)) return;
    this.end();
    const stop = new AbortController();
    const pending = { name, isBegun: false, stop };
    this.#pending = pending;
    const start = () => {
      pending.isBegun = true;
      void work(stop.signal);
    };
    if (restMs === 0) {
      start();
      return;
    }
    const timer = setTimeout(start, restMs);
    stop.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** The target was left; without a name, whichever it was. */
  end(name = this.#pending?.name): void {
    if (this.#pending?.name !== name) return;
    this.#pending?.stop.abort();
    this.#pending = undefined;
  }
}
